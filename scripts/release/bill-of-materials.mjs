// Bills of materials (CycloneDX): what an install of a package brings, without its peers, which the application chooses.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../setup.mjs';
import { npm } from './packages.mjs';

const RESULTS = join(ROOT, 'reports/sbom');

/**
 * Resolves the dependencies of a package as an install would today, and writes their list to reports/sbom. `npm sbom
 * --workspace` is no alternative, because it leaves out what the root of the workspace depends on, too.
 *
 * @returns {{ file: string, components: { name: string, version: string, licenses?: object[] }[] }}
 */
export function billOfMaterials({ name, version, license, description, dependencies }) {
  const folder = mkdtempSync(join(tmpdir(), 'session-sbom-'));
  try {
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name, version, license, description, dependencies }),
    );
    npm(folder, ['install', '--package-lock-only', '--ignore-scripts', '--legacy-peer-deps', '--no-audit']);
    const args = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'];
    const bill = npm(folder, ['sbom', ...args]);
    mkdirSync(RESULTS, { recursive: true });
    const file = join(RESULTS, `${name}.cdx.json`);
    writeFileSync(file, bill);
    return { file, components: JSON.parse(bill).components };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
