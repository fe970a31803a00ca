/** A package that an application must install for an option that it uses. */
export class MissingPackageError extends Error {
  override readonly name = 'MissingPackageError';
}

/** Codes of Node, of bundlers and of test runners for a module that cannot be found. */
const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

/**
 * Loads code that needs packages which an application installs only if it uses them.
 *
 * @throws MissingPackageError that says which packages to install, if one is missing
 */
export async function loadOptional<T>(packages: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const missing = packages.find((name) => isMissing(name, cause));
    if (missing === undefined) throw cause;
    throw new MissingPackageError(
      `expected the package ${missing}, which is not installed. Run "npm install ${packages.join(' ')}".`,
      { cause },
    );
  }
}

function isMissing(name: string, error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return NOT_FOUND.includes(String(code)) && new RegExp(`'${name}(/[^']*)?'`).test(String(message));
}
