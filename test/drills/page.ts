import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Puts the figures of a run into a page, between the comments that name the command. */
export function writeFigures(page: string, command: string, figures: string): void {
  const path = fileURLToPath(new URL(`../../${page}`, import.meta.url));
  const [begin, end] = [`<!-- figures: begin (npm run ${command}) -->`, '<!-- figures: end -->'];
  const text = readFileSync(path, 'utf8');
  const [head, rest] = text.split(begin);
  const [, tail] = rest?.split(end) ?? [];
  if (head === undefined || tail === undefined) throw new Error(`${page} has no "${begin}" or no "${end}".`);
  writeFileSync(path, `${head}${begin}\n\n${figures}\n\n${end}${tail}`);
}

/** Returns the sentence that says when and on what a run was made. */
export function runOn(versions: string): string {
  const day = new Date().toISOString().slice(0, 10);
  return `Run on ${day}, with Node ${process.versions.node} and ${versions}`;
}
