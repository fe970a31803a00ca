import type { CommandDefinition, OptionDefinition } from '../command.js';
import { CONNECTION_OPTIONS } from '../connection/options.js';
import { EXIT_CODES, type ExitReason } from '../exit-codes.js';
import type { Style } from '../terminal/style.js';

const PROGRAM = 'nestjs-session';
const WIDTH = 80;
const INDENT = '    ';

/** Returns the help page of a command, in the form of a manual page. */
export function helpPage(command: CommandDefinition, style: Style): string {
  const { name, summary, description, options = [], examples } = command;
  const sections: (readonly [title: string, lines: readonly string[]])[] = [
    ['NAME', [`${PROGRAM} ${name} - ${summary}`]],
    ['SYNOPSIS', [synopsis(command)]],
    [
      'DESCRIPTION',
      description.flatMap((paragraph, index) => [...(index > 0 ? [''] : []), ...wrapped(paragraph)]),
    ],
    ['ARGUMENTS', (command.arguments ?? []).flatMap(({ usage, description }) => entry(usage, description))],
    ['OPTIONS', options.flatMap(optionEntry)],
    [
      'OPTIONS OF ALL COMMANDS',
      command.isOffline ? optionEntry(JSON_OPTION) : CONNECTION_OPTIONS.flatMap(optionEntry),
    ],
    ['EXIT STATUS', exitStatus(command).flatMap(([code, meaning]) => entry(String(code), meaning))],
    ['EXAMPLES', examples.flatMap(({ command, explanation }) => entry(command, explanation))],
  ];
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) =>
      [style.title(title), ...lines.map((line) => (line === '' ? '' : INDENT + line))].join('\n'),
    )
    .join('\n\n');
}

/** Returns the form of a command's invocation. */
export function synopsis({ name, arguments: args = [], options = [] }: CommandDefinition): string {
  return [
    PROGRAM,
    name,
    ...args.map(({ usage }) => usage),
    ...(options.length > 0 ? ['[options]'] : []),
  ].join(' ');
}

/** Returns the exit codes of a command with their meanings. */
export function exitStatus({ exitCodes = {} }: CommandDefinition): [code: number, meaning: string][] {
  return (Object.keys(EXIT_CODES) as ExitReason[]).map((reason) => {
    const { code, meaning } = EXIT_CODES[reason];
    return [code, exitCodes[reason] ?? meaning];
  });
}

const JSON_OPTION = CONNECTION_OPTIONS.find(({ flags }) => flags === '--json') as OptionDefinition;

function optionEntry({ flags, description, env, defaultValue }: OptionDefinition): string[] {
  const notes = [env && `variable ${env}`, defaultValue !== undefined && `default ${defaultValue}`];
  const note = notes.filter(Boolean).join(', ');
  return entry(flags, note ? `${description} (${note})` : description);
}

function entry(term: string, description: string): string[] {
  return [term, ...wrapped(description, WIDTH - 2 * INDENT.length).map((line) => INDENT + line)];
}

function wrapped(text: string, width = WIDTH - INDENT.length): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
