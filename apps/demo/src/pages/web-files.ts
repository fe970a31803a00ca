import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the pages, as it is sent. */
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
 * The built pages, by their paths. They are few and small, so they are read once, and a path that asks for another
 * file of this machine finds nothing.
 *
 * @throws Error that says what to do, when the pages are not built
 */
export function readWebFiles(folder = FOLDER): ReadonlyMap<string, WebFile> {
  try {
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    return new Map(paths.map((path) => [nameOf(path, folder), fileAt(path)] as const));
  } catch (cause) {
    throw new Error(`The pages are not in ${folder}. Build them: npm run build:demo`, { cause });
  }
}

function nameOf(path: string, folder: string): string {
  return path.slice(folder.length).replaceAll('\\', '/');
}

function fileAt(path: string): WebFile {
  return { type: TYPES[extname(path)] ?? 'application/octet-stream', content: readFileSync(path) };
}
