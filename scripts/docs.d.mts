export interface CodeBlock {
  /** `path/of/file.ts#region`; `undefined`: the block is not taken from a file. */
  readonly source: string | undefined;
  readonly language: string;
  readonly code: string;
}

/** The pages of this repository, by their paths from its root. */
export function pages(): string[];

/** The text of a file of this repository. */
export function read(path: string): string;

/** The blocks of code of a page. */
export function codeBlocks(markdown: string): CodeBlock[];

/** The page with every block as its file has it now. */
export function withCurrentCode(markdown: string): string;

/** The code that a source such as `docs/examples/limit.ts#limit` names. */
export function codeOf(source: string): string;
