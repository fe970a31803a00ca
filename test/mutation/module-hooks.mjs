// Module hooks of a mutation run, beside those for TypeScript. Node runs them on a thread of their own.
const JEST_GLOBALS = new URL('./jest-globals.mjs', import.meta.url).href;
const COPY = '?copy';

let wasReset = false;

export async function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: JEST_GLOBALS, shortCircuit: true };
  if (specifier === 'reset:modules') {
    wasReset = true;
    return { url: 'data:text/javascript,', shortCircuit: true };
  }
  const resolved = await next(specifier, { ...context, parentURL: context.parentURL?.replace(COPY, '') });
  if (!wasReset || !specifier.startsWith('.')) return resolved;
  wasReset = false;
  return { ...resolved, url: resolved.url + COPY };
}

/** Matches the declaration of a cache of a module. */
const CACHE = /^const (\w+) = new Map\(\);$/gm;

export async function load(url, context, next) {
  const loaded = await next(url.replace(COPY, ''), context);
  if (!url.includes('/libs/session/src/')) return loaded;
  // What one mutant has left in a cache would decide about the next ones.
  return { ...loaded, source: String(loaded.source).replace(CACHE, '$&beforeEach(() => $1.clear());') };
}
