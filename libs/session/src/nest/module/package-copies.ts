import type { InjectionToken, Provider } from '@nestjs/common';
import { SessionUsageError } from '../../core/errors/errors.js';
import { VERSION } from '../../version.js';

/**
 * One loaded copy of this package. A process may have several: a bundle takes the ES modules for an `import` and CommonJS
 * for a `require()`, and a package manager may install the package twice.
 */
export interface Copy {
  readonly version: string;
  /** Path of its code, for messages. */
  readonly place: string;
  /** The classes that its module provides, by their names. */
  readonly classes: Readonly<Record<string, InjectionToken>>;
  /** Providers and exports of its module. Nest reads both when an application starts. */
  readonly providers: Provider[];
  readonly exports: unknown[];
}

const COPIES = Symbol.for('nestjs-redis-session:copies');

/**
 * Introduces a copy and the other copies of this process to each other. Each module then provides its parts under the
 * classes of all copies. The names of symbols and of metadata are the same in all copies anyway.
 */
export function introduce(copy: Copy): void {
  const copies = ((globalThis as { [COPIES]?: Copy[] })[COPIES] ??= []);
  for (const other of copies) {
    provideFor(copy, other);
    provideFor(other, copy);
  }
  copies.push(copy);
}

/** Describes this copy for the others. */
export function thisCopy(parts: Pick<Copy, 'classes' | 'providers' | 'exports'>): Copy {
  return { version: VERSION, place: ownLocation(), ...parts };
}

function provideFor(other: Copy, copy: Copy): void {
  for (const [name, foreign] of Object.entries(other.classes)) {
    const own = copy.classes[name];
    const isSame = other.version === copy.version && own !== undefined;
    copy.providers.push(
      isSame
        ? { provide: foreign, useExisting: own }
        : { provide: foreign, useFactory: () => refuse(copy, other) },
    );
    copy.exports.push(foreign);
  }
}

/** @throws SessionUsageError at the start of the application */
function refuse(...copies: [Copy, Copy]): never {
  const [one, other] = copies.map(({ version, place }) => `${version} (${place})`);
  throw new SessionUsageError(
    `nestjs-redis-session: expected one version in a process, received ${one} and ${other}. A guard or a service of one ` +
      'cannot work with the module of the other. Run "npm ls nestjs-redis-session" to see which packages depend on which version, and ' +
      'install one version.',
  );
}

/** Returns the file that this code runs from. A stack has it in both module systems, and in bundles. */
function ownLocation(): string {
  const [, place] = /(?:\(|at )([^()\n]+):\d+:\d+\)?$/m.exec(new Error().stack ?? '') ?? [];
  return place ?? 'an unknown place';
}
