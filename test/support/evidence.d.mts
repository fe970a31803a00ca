export function tagsOf(title: string): string[];
export function withoutTags(title: string): string;

/** A tagged test as the last run has left it. */
export interface Evidence {
  readonly tags: readonly string[];
  readonly title: string;
  /** The title with those of its suites. */
  readonly fullName: string;
  readonly status: string;
}
