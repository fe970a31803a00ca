import { read } from '../../../scripts/docs.mjs';

/** A link of a page, as written. */
export interface Link {
  readonly line: number;
  readonly target: string;
}

const INLINE =
  /!?\[(?:[^[\]]|\[[^[\]]*\])*\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+"[^"]*")?\s*\)/g;
const DEFINITION = /^\s*\[[^\]]+\]:\s*<?(\S+?)>?\s*$/gm;

/** Returns the links of a page, except those in code. */
export function linksOf(markdown: string): Link[] {
  const text = withoutCode(markdown);
  return [INLINE, DEFINITION]
    .flatMap((form) => [...text.matchAll(form)])
    .map((match) => ({ line: lineAt(text, match.index), target: match[1] as string }));
}

/** Returns the anchors of a page by GitHub's rules: its headings, numbered if repeated, and `id`s in its HTML. */
export function anchorsOf(markdown: string): Set<string> {
  const text = withoutFences(markdown);
  const anchors = new Set([...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id]) => id as string));
  const seen = new Map<string, number>();
  for (const [, heading] of text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = slugOf(heading as string);
    const repeats = seen.get(slug) ?? 0;
    seen.set(slug, repeats + 1);
    anchors.add(repeats === 0 ? slug : `${slug}-${repeats}`);
  }
  return anchors;
}

function slugOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, blank);
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^( *)(```+|~~~+).*?^\1\2 *$/gms, blank);
}

/** Replaces a text by spaces, so that lines keep their numbers. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Returns the part of a page below a heading. */
export function sectionOf(page: string, heading: string): string {
  const text = read(page);
  const start = text.indexOf(`\n## ${heading}\n`);
  if (start === -1) throw new Error(`${page} has no "${heading}".`);
  const end = text.indexOf('\n## ', start + 1);
  return text.slice(start, end === -1 ? undefined : end);
}

/** Returns the rows of the tables of a section: the first cell, if it is code, and the second. */
export function rowsOf(page: string, heading: string): Map<string, string> {
  const rows = sectionOf(page, heading).matchAll(/^\| `([^`]+)` +\| (.+?) +\|/gm);
  return new Map([...rows].map(([, name, second]) => [name as string, second as string]));
}
