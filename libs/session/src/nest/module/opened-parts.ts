interface Closable {
  close(): Promise<void>;
}

/** The parts that the module has opened so far. A failed start closes them, because Nest calls no hook then. */
export class OpenedParts {
  private readonly parts: Closable[] = [];

  keep<Part>(part: Part): Part {
    if (isClosable(part)) this.parts.push(part);
    return part;
  }

  /** Closes the parts in reverse order. */
  async close(): Promise<void> {
    for (const part of this.parts.splice(0).reverse()) await part.close();
  }
}

/** Returns a factory that takes {@link OpenedParts} as its first dependency, and closes them if it fails. */
export function closingOnFailure<Dependencies extends unknown[], Part>(
  make: (...dependencies: Dependencies) => Part | Promise<Part>,
): (opened: OpenedParts, ...dependencies: Dependencies) => Promise<Part> {
  return async (opened, ...dependencies) => {
    try {
      return opened.keep(await make(...dependencies));
    } catch (error) {
      await opened.close();
      throw error;
    }
  };
}

function isClosable(part: unknown): part is Closable {
  return typeof (part as Partial<Closable> | null)?.close === 'function';
}
