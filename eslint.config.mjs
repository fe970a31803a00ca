import eslint from '@eslint/js';
import markdown from '@eslint/markdown';
import { defineConfig } from 'eslint/config';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import prose from './eslint/prose/index.mjs';

const ONLY_REDIS = {
  group: ['ioredis', 'ioredis/**'],
  message: 'Only libs/session/src/redis may import ioredis; other code uses the store port.',
};
const ONLY_NEST = {
  group: ['@nestjs/*', 'rxjs'],
  message: 'Only libs/session/src/nest imports Nest; the rest runs without it.',
};
const PRIVATE_IMPORT = {
  selector:
    ':matches(ImportDeclaration, ImportExpression, ExportNamedDeclaration, ExportAllDeclaration, TSImportType) ' +
    '> Literal[value=/libs\\u002fsession\\u002f(src|dist)/]',
  message:
    'Import a public name of nestjs-redis-session. Only test/support/white-box.ts has private ones (docs/decisions/0051).',
};
/** Matches package names: neither relative paths nor builtin modules. */
const PACKAGE = '^(?!\\.{1,2}/|node:)';
/** Programs with packages of their own, which this workspace does not install: their prose alone is linted. */
const APART = ['bench/**', 'site/**', 'test/package/fixture/**'];

/** The folders of the core, each of which may import from those before it. */
const CORE_FLOORS = ['record', 'errors', 'store', 'fields', 'session', 'runtime', 'request'];

export default defineConfig(
  {
    ignores: ['**/dist/', '**/node_modules/', 'coverage/', 'reports/', 'site/api/', 'site/.vitepress/cache/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['**/*.{js,mjs,ts,tsx}'], ignores: APART, extends: [eslint.configs.recommended] },
  {
    files: ['**/*.{ts,tsx}'],
    ignores: APART,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.tsx'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/resolver-next': [
        createNodeResolver({
          extensions: ['.ts', '.tsx', '.js'],
          extensionAlias: { '.js': ['.ts', '.tsx', '.js'] },
        }),
      ],
    },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['warn', { max: 400 }],
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['libs/session/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/session/src/testing/**'],
    rules: { 'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['libs/session/src/**/*.ts'],
    ignores: [
      'libs/session/src/{core,redis,nest,testing}/**',
      'libs/session/src/options/session-module-options.ts',
      'libs/session/src/index.ts',
      '**/*.spec.ts',
    ],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [ONLY_REDIS, ONLY_NEST] }] },
  },
  {
    files: ['libs/session/src/{nest,testing}/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [ONLY_REDIS] }] },
  },
  {
    files: ['libs/session/src/redis/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [ONLY_NEST] }] },
  },
  {
    // The command line is built on public names alone, and without Nest.
    files: ['libs/cli/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', PRIVATE_IMPORT],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            ONLY_REDIS,
            ONLY_NEST,
            {
              regex: '^nestjs-redis-session$',
              message: 'It imports Nest; use nestjs-redis-session/redis or /core.',
            },
          ],
        },
      ],
    },
  },
  {
    // The options name the type of the client that they take.
    files: ['libs/session/src/options/session-module-options.ts', 'libs/session/src/index.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ ...ONLY_REDIS, allowTypeImports: true }] },
      ],
    },
  },
  {
    files: ['libs/session/src/core/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          // The exceptions are relative to `from`.
          zones: [
            {
              target: './libs/session/src/core',
              from: './libs/session/src',
              except: ['./core'],
              message: 'The core imports nothing but itself.',
            },
            ...CORE_FLOORS.slice(0, -1).map((folder, index) => ({
              target: `./libs/session/src/core/${folder}/!(*.spec).ts`,
              from: CORE_FLOORS.slice(index + 1).map((above) => `./libs/session/src/core/${above}/**`),
              message: `core/${folder} imports nothing from the folders above it.`,
            })),
          ],
        },
      ],
    },
  },
  {
    files: ['libs/session/src/core/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ regex: PACKAGE, message: 'The core imports nothing but itself and Node (node:…).' }] },
      ],
    },
  },
  {
    // Tests, benchmarks and examples are written on public names, as other packages are.
    files: ['{test,bench,examples,ops}/**/*.{js,mjs,mts,ts}'],
    ignores: ['test/support/white-box.ts', 'test/support/session-runtime.ts'],
    languageOptions: { parser: tseslint.parser },
    rules: { 'no-restricted-syntax': ['error', PRIVATE_IMPORT] },
  },
  {
    // Tests detach methods from objects and throw values that are no errors, to check that the library handles both.
    files: ['test/**/*.ts', '**/*.spec.ts'],
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
  {
    // The first run of this suite installs its packages, so their types are unknown to the linter.
    files: ['test/ecosystem/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
  },
  {
    files: ['**/*.type-test.ts'],
    rules: { '@typescript-eslint/no-unused-vars': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['AbortController', 'URL', 'clearInterval', 'console', 'setInterval'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  // docs/style.md, applied to all pages, comments, messages and test titles.
  {
    files: ['**/*.mts', ...APART.map((folder) => `${folder}/*.ts`)],
    languageOptions: { parser: tseslint.parser },
  },
  {
    files: ['**/*.{js,mjs,mts,ts,tsx}'],
    plugins: { prose },
    rules: { 'prose/phrases': 'error', 'prose/doc-comments': 'error', 'prose/test-titles': 'error' },
  },
  {
    files: ['**/*.md'],
    plugins: { markdown, prose },
    language: 'markdown/gfm',
    rules: { 'prose/phrases': 'error' },
  },
  {
    files: ['**/*.{lua,css,yml}', 'Dockerfile', '.ci/run'],
    plugins: { prose },
    processor: 'prose/comments-only',
    rules: { 'prose/phrases': 'error' },
  },
  {
    // The examples of the patterns contain the phrases that they find.
    files: ['eslint/prose/patterns.mjs', 'test/project/prose.spec.ts'],
    rules: { 'prose/phrases': 'off' },
  },
);
