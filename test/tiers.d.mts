export const UNIT: readonly string[];
export const E2E: readonly string[];
export const EXTENDED: readonly string[];
export const SQLITE_STORE: string;
export const OTHERS: readonly string[];
export const CLIENT_DEPENDENT: readonly string[];
export const NODE_DEPENDENT: readonly string[];
export const OTHER_NODES: readonly string[];
export const RESULTS: Readonly<
  Record<'test' | 'extended' | 'package' | 'ecosystem' | 'sqliteStore', string>
> & {
  readonly node: (version: string) => string;
};
export function resultFiles(): readonly string[];
