// Lets plain Node run the TypeScript of the tests: `node --import ./test/support/typescript.mjs file.ts`.
// What these tests import of the library comes from its sources, by its name as well, so that there is one copy of it.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

const LIBRARY = {
  'nestjs-redis-session': new URL('../../libs/session/src/index.ts', import.meta.url).href,
  'nestjs-redis-session/core': new URL('../../libs/session/src/core/index.ts', import.meta.url).href,
  'nestjs-redis-session/express': new URL('../../libs/session/src/express.ts', import.meta.url).href,
  'nestjs-redis-session/redis': new URL('../../libs/session/src/redis/index.ts', import.meta.url).href,
  'nestjs-redis-session/telemetry': new URL('../../libs/session/src/telemetry/index.ts', import.meta.url)
    .href,
  'nestjs-redis-session/testing': new URL('../../libs/session/src/testing/index.ts', import.meta.url).href,
};

// Node runs the hooks below on a thread of their own, where this file is loaded once more.
if (isMainThread) register(import.meta.url);

/** Resolves imports, which name the files of a build: './history.js' is ./history.ts here. */
export function resolve(specifier, context, next) {
  if (!context.parentURL?.endsWith('.ts')) return next(specifier, context);
  if (specifier.startsWith('.')) return next(specifier.replace(/\.js$/, '.ts'), context);
  return next(LIBRARY[specifier] ?? specifier, context);
}

export function load(url, context, next) {
  if (url.endsWith('.lua')) return moduleOf(`export default ${JSON.stringify(textOf(url))};`);
  return url.endsWith('.ts') ? moduleOf(compiled(url)) : next(url, context);
}

function moduleOf(source) {
  return { format: 'module', source, shortCircuit: true };
}

function compiled(url) {
  const { code } = transformSync(textOf(url), {
    filename: fileURLToPath(url),
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        useDefineForClassFields: true,
        verbatimModuleSyntax: true,
      },
    },
  });
  return code;
}

function textOf(url) {
  return readFileSync(fileURLToPath(url), 'utf8');
}
