import { types } from 'node:util';
import { bigint, problemOfKey, problemOfNesting, refused } from './json.problems.js';

/**
 * Returns a copy of a value in the form that `JSON.stringify` would store: dates and the like as their `toJSON` returns
 * them, instances of classes with their own members, `NaN` as null, without functions and symbols. The copy is needed
 * because getters and `toJSON` may return something else the next time.
 *
 * @throws SessionValueError for values that JSON cannot represent: cycles, BigInt, keys that could reach a prototype, too
 *   deeply nested values, and values that JSON omits entirely
 */
export function asJson(value: unknown, name: string): unknown {
  const copy = convert(value, name, '', []);
  if (copy !== undefined) return copy;
  throw refused({
    path: name,
    received: 'a value that JSON omits',
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

/** Returns the value that JSON stores in place of another. */
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
