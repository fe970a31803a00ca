import type { Project } from './project.js';

type Environment = Readonly<Record<string, string>>;

const DECORATORS = { experimentalDecorators: true, emitDecoratorMetadata: true, target: 'ES2023' };

const JEST = {
  moduleFileExtensions: ['js', 'json', 'ts'],
  testEnvironment: 'node',
  testRegex: '.e2e-spec.ts$',
};

const SWC = {
  module: { type: 'commonjs' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

/** `jest-e2e.json` as in the scaffold of Nest 11, and with common alternatives to ts-jest. */
export const JESTS: Readonly<Record<string, object>> = {
  'ts-jest': { ...JEST, transform: { '^.+\\.(t|j)s$': 'ts-jest' } },
  '@swc/jest': { ...JEST, transform: { '^.+\\.(t|j)s$': ['@swc/jest', SWC] } },
};

/** Module resolution of applications that older versions of the Nest CLI generated. */
export const OLD_SCAFFOLD = 'node10';

/** Module options of an application's `tsconfig.json`, each with the module systems that it supports. */
export const RESOLUTIONS: Readonly<Record<string, { folders: readonly string[]; options: object }>> = {
  [OLD_SCAFFOLD]: {
    folders: ['cjs'],
    options: {
      module: 'commonjs',
      moduleResolution: 'node10',
      esModuleInterop: true,
      ignoreDeprecations: '5.0',
    },
  },
  node16: { folders: ['cjs', 'esm'], options: { module: 'node16' } },
  nodenext: { folders: ['cjs', 'esm'], options: { module: 'nodenext' } },
  bundler: { folders: ['esm'], options: { module: 'esnext', moduleResolution: 'bundler' } },
};

/** Compiles an application that imports the types of Express' request, which conflict with those of express-session. */
export function compileUnder(project: Project, name: string): string {
  const { folders, options } = RESOLUTIONS[name] as (typeof RESOLUTIONS)[string];
  for (const [folder, type] of [
    ['esm', 'module'],
    ['cjs', 'commonjs'],
  ] as const) {
    project.write(`types/${folder}/package.json`, { type });
    project.copy('test/package/fixture/app.ts', `types/${folder}/app.ts`);
    project.copy('test/package/fixture/express.ts', `types/${folder}/express.ts`);
  }
  return project.compile(
    folders.map((folder) => `types/${folder}`),
    options,
  );
}

/** Runs the tests of a CommonJS application with the Jest of its project. */
export function runJest(project: Project, name: string, node: string, env: Environment): string {
  project.write('jest/package.json', { type: 'commonjs' });
  project.write('jest/tsconfig.json', {
    compilerOptions: { ...RESOLUTIONS[OLD_SCAFFOLD]?.options, ...DECORATORS },
  });
  project.write('jest/jest-e2e.json', JESTS[name] as object);
  project.copy('test/package/fixture/own.e2e-spec.ts', 'jest/own.e2e-spec.ts');
  const args = ['--rootDir', '.', '--config', 'jest-e2e.json'];
  return project.runToTheEnd('node_modules/jest/bin/jest.js', args, { env, node, folder: 'jest' });
}

/** Runs the tests of an application of ES modules with the Vitest of its project, configured as in the scaffold of Nest 12. */
export function runVitest(project: Project, node: string, env: Environment): string {
  const config = { test: { globals: true, include: ['**/*.e2e-spec.ts'] } };
  project.write('vitest/package.json', { type: 'module' });
  project.write('vitest/tsconfig.json', { compilerOptions: DECORATORS });
  project.write('vitest/vitest.config.mjs', `export default ${JSON.stringify(config)};`);
  project.copy('test/package/fixture/own.e2e-spec.ts', 'vitest/own.e2e-spec.ts');
  return project.runToTheEnd('node_modules/vitest/vitest.mjs', ['run'], { env, node, folder: 'vitest' });
}

export const BUNDLERS = ['esbuild', 'webpack'] as const;

/** Packages that Nest loads if they are installed, and the old path of class-transformer. */
const OPTIONAL = [
  '@nestjs/microservices',
  '@nestjs/microservices/microservices-module',
  '@nestjs/websockets/socket-module',
  'class-transformer/storage',
  '@fastify/static',
];

/** Bundles an application and all its packages into one file. */
export function bundle(project: Project, bundler: (typeof BUNDLERS)[number], from: string, to: string): void {
  if (bundler === 'esbuild') {
    const external = OPTIONAL.map((name) => `--external:${name}`);
    const args = [from, '--bundle', '--platform=node', '--format=cjs', `--outfile=${to}`, ...external];
    project.runToTheEnd('node_modules/esbuild/bin/esbuild', [...args, '--log-level=warning']);
    return;
  }
  project.write('webpack.run.cjs', WEBPACK(from, to));
  project.runToTheEnd('webpack.run.cjs', []);
}

const WEBPACK = (from: string, to: string) => `
const { join } = require('node:path');
require('webpack')({
  mode: 'development', devtool: false, target: 'node',
  entry: join(__dirname, '${from}'),
  output: { path: __dirname, filename: '${to}' },
  externals: ${JSON.stringify(OPTIONAL)}.map((name) => ({ [name]: 'commonjs ' + name })),
}, (error, stats) => {
  if (error || stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'));
});
`;
