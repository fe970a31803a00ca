import { isRegExp } from 'node:util/types';
import type { OptionRule } from './options-class.js';
import { isFunction, received } from './rule.js';

/** Matches an exact path, or one that ends in `/*`, of characters that a client sends unencoded and no router interprets. */
const PATH = /^\/(?:[\w\-.~!$&'+,;=@%]+\/)*(?:[\w\-.~!$&'+,;=@%]*|\*)$/;

/** The rule of the option `exclude`. */
export const EXCLUDE: OptionRule = {
  expected:
    "an array of paths such as '/health' or '/assets/*' and of regular expressions, or a function of the request",
  accepts: (value) => isFunction(value) || (Array.isArray(value) && value.every((item) => !problemOf(item))),
  hint: (value) => {
    if (!Array.isArray(value)) return null;
    const problems = value.map(problemOf);
    const at = problems.findIndex((problem) => problem !== null);
    return at < 0 ? null : `Its item ${at}, ${nameOf(value[at])}, ${problems[at]}`;
  },
  remedy: "An example: ['/health', '/assets/*', /\\.(?:png|svg)$/].",
};

/** Completes a sentence about an item that is wrong; `null` if it is right. */
function problemOf(item: unknown): string | null {
  if (isRegExp(item)) {
    return item.global || item.sticky
      ? 'has the flag g or y, with which it matches only every other request.'
      : null;
  }
  if (typeof item !== 'string') return 'is neither a text nor a regular expression.';
  if (!item.startsWith('/')) return 'does not begin with "/".';
  if (item === '/*') return 'excludes every request. Leave the module out instead.';
  if (PATH.test(item)) return null;
  return 'is no path as a client sends it, encoded and without a query; "/*" is allowed at its end only.';
}

function nameOf(item: unknown): string {
  return isRegExp(item) ? String(item) : received(item);
}
