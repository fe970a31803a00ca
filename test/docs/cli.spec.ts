import { COMMANDS } from '../../libs/cli/src/commands/index.js';
import type { OptionDefinition } from '../../libs/cli/src/command.js';
import { CONNECTION_OPTIONS } from '../../libs/cli/src/connection/options.js';
import { EXIT_CODES } from '../../libs/cli/src/exit-codes.js';
import { synopsis } from '../../libs/cli/src/help/page.js';
import { rowsOf, sectionOf } from './support/markdown.js';

const PAGE = 'docs/reference/cli.md';

/** Returns the row of an option. */
function rowOf({ flags, description, env, defaultValue }: OptionDefinition): [name: string, text: string] {
  const notes = [
    env !== undefined && `variable \`${env}\``,
    defaultValue !== undefined && `default \`${defaultValue}\``,
  ].filter(Boolean);
  return [flags, notes.length > 0 ? `${description} (${notes.join(', ')})` : description];
}

describe('the page of the command line', () => {
  it('the page lists exactly the options of all commands, with their descriptions', () => {
    expect([...rowsOf(PAGE, 'Connecting')]).toEqual(CONNECTION_OPTIONS.map(rowOf));
  });

  it('the page lists exactly the exit codes', () => {
    const codes = Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning]);
    expect([...rowsOf(PAGE, 'Exit codes')]).toEqual(codes);
  });

  it.each(COMMANDS)('the page describes the command $name with exactly its options', (command) => {
    const section = sectionOf(PAGE, command.name);
    expect(section).toContain(`\n${synopsis(command)}\n`);
    const rows = new Map(rowsOf(PAGE, command.name));
    for (const { usage, description } of command.arguments ?? []) {
      expect(rows.get(usage)).toBe(description);
      rows.delete(usage);
    }
    const options = new Map((command.options ?? []).map(rowOf));
    expect([...rows].filter(([name]) => name.startsWith('--'))).toEqual([...options]);
    for (const { command: line } of command.examples) expect(section).toContain(line);
  });
});
