import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../../..');
/** The file exists in memory alone. Its place lets the compiler find the packages. */
const FILE = join(ROOT, 'test/ops/support/board-in-memory.ts');

/** The types of Grafana's model have enums, for which JSON has the values. */
const HEAD = `
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Options as StatOptions } from '@grafana/grafana-foundation-sdk/stat';
import type { FieldConfig, Options as LineOptions } from '@grafana/grafana-foundation-sdk/timeseries';
type IsAny<T> = 0 extends 1 & T ? true : false;
type Json<T> = IsAny<T> extends true ? unknown
  : T extends string ? \`\${T}\`
  : T extends object ? { [Key in keyof T]: Json<T[Key]> } : T;
type Query = Omit<Json<Dataquery>, '_implementsDataqueryVariant'>;
type With<Type, Options, Custom> = Omit<Json<Panel>, 'type' | 'options' | 'targets' | 'fieldConfig'> & {
  type: Type; options: Json<Options>; targets: Query[];
  fieldConfig: { defaults: Omit<Json<NonNullable<NonNullable<Panel['fieldConfig']>['defaults']>>, 'custom'> & { custom?: Json<Custom> }; overrides: never[] };
};
type AnyPanel = With<'stat', StatOptions, never> | With<'timeseries', LineOptions, FieldConfig> | Json<RowPanel>;
`;

/** Returns the problems of a board in the model that Grafana publishes; none if Grafana's types accept it. */
export function problemsOf(json: string): string[] {
  const { panels, ...board } = JSON.parse(json) as { readonly panels: readonly unknown[] };
  const source =
    HEAD +
    panels.map((panel, index) => `export const p${index}: AnyPanel = ${JSON.stringify(panel)};\n`).join('') +
    `export const board: Json<Omit<Dashboard, 'panels'>> = ${JSON.stringify(board)};\n`;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2023.d.ts'],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const program = ts.createProgram([FILE], options, hostWith(source, options));
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Returns a host of the compiler for which {@link FILE} has this text. */
function hostWith(source: string, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  return {
    ...host,
    fileExists: (name) => name === FILE || fileExists.call(host, name),
    readFile: (name) => (name === FILE ? source : readFile.call(host, name)),
    getSourceFile: (name, ...rest) =>
      name === FILE
        ? ts.createSourceFile(FILE, source, ts.ScriptTarget.ES2023)
        : getSourceFile.call(host, name, ...rest),
  };
}
