// `npm run sbom`: writes the bill of materials of each published package to reports/sbom, and checks the licences in it.
import { relative } from 'node:path';
import { billOfMaterials } from './release/bill-of-materials.mjs';
import { publishedPackages } from './release/packages.mjs';
import { licenceProblems } from './release/rules.mjs';
import { fail, ROOT, setUpPackages } from './setup.mjs';

setUpPackages();
const problems = publishedPackages().flatMap(({ manifest }) => {
  const { file, components } = billOfMaterials(manifest);
  console.log(
    `${manifest.name} ${manifest.version}: ${components.length} dependencies, ${relative(ROOT, file)}`,
  );
  for (const { name, version, licenses } of components) {
    console.log(
      `  ${name} ${version}: ${licenses?.map(({ license }) => license?.id ?? 'see the file').join(', ')}`,
    );
  }
  return licenceProblems(components);
});
if (problems.length > 0) fail(problems.join('\n'));
