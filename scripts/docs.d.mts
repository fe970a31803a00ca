export interface CodeBlock {
  /** `path/of/file.ts#region`; `undefined`: the block is not taken from a file. */
  readonly source: string | undefined;
  readonly language: string;
  readonly code: string;
}

/** Returns the paths of this repository's pages, relative to its root. */
export function pages(): string[];

/** Returns the text of a file of this repository. */
export function read(path: string): string;

/** Returns the code blocks of a page. */
export function codeBlocks(markdown: string): CodeBlock[];

/** Returns the page with the current code of every block's source. */
export function withCurrentCode(markdown: string): string;

/** Returns the code that a source such as `docs/examples/limit.ts#limit` names. */
export function codeOf(source: string): string;
