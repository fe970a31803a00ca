import { types } from 'node:util';
import { bigint, problemOfKey, problemOfNesting, refused } from './json.problems.js';

/**
 * Returns a copy of a value as `JSON.stringify` sees it: dates and the like by their `toJSON`, instances of classes by
 * their own members, `NaN` as null, functions and symbols left out. A copy, because code that runs while a value is
 * looked at may give something else the next time.
 *
 * @throws SessionValueError for what JSON cannot carry at all: cycles, BigInt, keys that could reach a prototype, what is
 *   nested too deep, and a value that JSON leaves out as a whole
 */
export function asJson(value: unknown, name: string): unknown {
  const copy = convert(value, name, '', []);
  if (copy !== undefined) return copy;
  throw refused({
    path: name,
    received: 'what JSON leaves out',
    remedy: 'Store data only.',
  });
}

function convert(value: unknown, path: string, key: string, ancestors: readonly object[]): unknown {
  const seen = seenByJson(value, key);
  switch (typeof seen) {
    case 'string':
    case 'boolean':
      return seen;
    case 'number':
      return Number.isFinite(seen) ? seen : null;
    case 'bigint':
      throw refused(bigint(path));
    case 'object':
      return seen && convertObject(seen, path, ancestors);
    default:
      return undefined;
  }
}

/** What JSON has in place of a value. */
function seenByJson(value: unknown, key: string): unknown {
  const { toJSON } = (value ?? {}) as { toJSON?: unknown };
  const seen: unknown = typeof toJSON === 'function' ? toJSON.call(value, key) : value;
  return types.isBoxedPrimitive(seen) ? (seen as object).valueOf() : seen;
}

function convertObject(value: object, path: string, ancestors: readonly object[]): object {
  const problem = problemOfNesting(value, path, ancestors);
  if (problem) throw refused(problem);
  const within = [...ancestors, value];
  if (Array.isArray(value)) {
    return Array.from(
      value,
      (element, index) => convert(element, `${path}[${index}]`, String(index), within) ?? null,
    );
  }
  return convertMembers(value, path, within);
}

function convertMembers(object: object, path: string, within: readonly object[]): object {
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of Object.entries(object)) {
    const at = `${path}.${key}`;
    const problem = problemOfKey(key, at);
    if (problem) throw refused(problem);
    const converted = convert(member, at, key, within);
    if (converted !== undefined) copy[key] = converted;
  }
  return copy;
}
