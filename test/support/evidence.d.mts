export function tagsOf(title: string): string[];
export function withoutTags(title: string): string;

/** A tagged test as the last run has left it. */
export interface Evidence {
  /** Path of the spec from the root of the repository. */
  readonly file: string;
  readonly tags: readonly string[];
  readonly title: string;
  /** The title with those of its suites. */
  readonly fullName: string;
  readonly status: string;
}
