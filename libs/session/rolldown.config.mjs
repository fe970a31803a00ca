// The JavaScript of the package, once as ES modules and once as CommonJS. The compiler makes the types of both.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { exports, dependencies, peerDependencies } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
);
const packages = Object.keys({ ...dependencies, ...peerDependencies });
const entries = Object.values(exports).flatMap(
  (entry) => /^\.\/dist\/esm\/(.*)\.js$/.exec(entry.import?.default)?.[1] ?? [],
);

const shared = {
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  external: packages.map((name) => new RegExp(`^${name}(/|$)`)),
  // Lua is inlined as text, so that bundlers and test runners need no further file.
  moduleTypes: { '.lua': 'text' },
};

const output = {
  // Shared modules exist once, because two copies of a class would be two classes. Those that import Nest are apart, so that
  // /core and /redis work without it, and the bundle of the command line has none of it.
  codeSplitting: {
    groups: [
      { name: 'nest', test: /src[\\/]nest[\\/]/, minShareCount: 2, priority: 1 },
      { name: 'shared', minShareCount: 2 },
    ],
  },
  chunkFileNames: '[name].js',
  strict: true,
  // Comments are removed, because TSDoc is in the types. Without minification, stack traces need no source maps.
  comments: { legal: true, annotation: true, jsdoc: false },
};

export default defineConfig([
  { ...shared, output: { ...output, dir: 'dist/esm', format: 'esm' } },
  // With require() for import(), so that Jest needs no flag for code that is loaded when it is first used.
  { ...shared, output: { ...output, dir: 'dist/cjs', format: 'cjs', dynamicImportInCjs: false } },
]);
