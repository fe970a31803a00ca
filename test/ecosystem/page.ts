import { readFileSync } from 'node:fs';
import { CATALOGUE, tableOf } from './catalogue.js';

const LOCK = new URL('package-lock.json', import.meta.url);

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string } | undefined>>;
}

/** Returns docs/reports/ecosystem.md with the tables of the catalogue, each between the marks of its group. */
export function withCurrentTables(page: string): string {
  const { packages } = JSON.parse(readFileSync(LOCK, 'utf8')) as Lock;
  const versionOf = (name: string) => packages[`node_modules/${name}`]?.version ?? 'not installed';
  return (Object.keys(CATALOGUE) as (keyof typeof CATALOGUE)[]).reduce((text, group) => {
    const [begin, end] = [`<!-- ${group}: begin (npm run docs:ecosystem) -->`, `<!-- ${group}: end -->`];
    const [head, tail] = [text.split(begin)[0], text.split(end)[1]];
    if (head === undefined || tail === undefined)
      throw new Error(`docs/reports/ecosystem.md has no "${begin}".`);
    return `${head}${begin}\n\n${tableOf(group, versionOf)}\n\n${end}${tail}`;
  }, page);
}
