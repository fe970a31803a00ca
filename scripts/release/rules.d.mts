interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly files?: readonly string[];
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A component of a bill of materials in CycloneDX. */
interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

/** Returns the text of a changelog under the heading of a version, or null if there is none. */
export function changesOf(changelog: string, version: string): string | null;

/** Returns the problems of the manifests of packages that are released together. */
export function manifestProblems(manifests: readonly Manifest[]): string[];

/** Returns the problems of the list of files in a package. */
export function contentProblems(name: string, paths: readonly string[]): string[];

/** Returns the components whose licence is not permissive. */
export function licenceProblems(components: readonly Component[]): string[];
