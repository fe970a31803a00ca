// Lets plain Node run the TypeScript of the tests: `node --import ./test/support/typescript.mjs file.ts`.
// The sources of the library stand for their build, so what runs is what is published.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

const SOURCES = '/libs/session/src/';
const BUILD = '/libs/session/dist/';

// Node runs the hooks below on a thread of their own, where this file is loaded once more.
if (isMainThread) register(import.meta.url);

/** A file names its neighbours as they are after a build: './history.js' is ./history.ts here. */
export function resolve(specifier, context, next) {
  const isNeighbour = specifier.startsWith('.') && specifier.endsWith('.js');
  if (!isNeighbour || !context.parentURL?.endsWith('.ts')) return next(specifier, context);
  const { href } = new URL(specifier, context.parentURL);
  return next(href.includes(SOURCES) ? href.replace(SOURCES, BUILD) : href.replace(/\.js$/, '.ts'), context);
}

export function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript' },
      transform: { verbatimModuleSyntax: true },
    },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
