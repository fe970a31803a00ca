import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the built pages. */
export interface WebFile {
  readonly type: string;
  readonly content: Buffer;
}

const FOLDER = fileURLToPath(new URL('../web/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Reads the built pages into memory, by their paths. The files are few and small, and no request path reaches the file
 * system.
 *
 * @throws Error with the command to run, when the pages are not built
 */
export function readWebFiles(folder = FOLDER): ReadonlyMap<string, WebFile> {
  try {
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(paths.map((path) => [nameOf(path, folder), fileAt(path)] as const));
  } catch (cause) {
    throw new Error(`No built pages in ${folder}. Run: npm run build:demo`, { cause });
  }
}

function nameOf(path: string, folder: string): string {
  return path.slice(folder.length).replaceAll('\\', '/');
}

function fileAt(path: string): WebFile {
  return { type: TYPES[extname(path)] ?? 'application/octet-stream', content: readFileSync(path) };
}
