import { permissionsFor } from 'nestjs-redis-session/redis';
import { defineCommand } from '../command.js';
import { oneOf } from '../parse.js';
import { NEEDS_OPTIONS, needsOf, type NeedsOptions } from '../permission-needs.js';
import { printable } from '../terminal/text.js';

interface Options extends NeedsOptions {
  readonly user: string;
  readonly for: 'application' | 'operator';
}

const LINE_WIDTH = 76;

export const acl = defineCommand<Options>({
  name: 'acl',
  summary: 'print the smallest ACL SETUSER for this configuration',
  description: [
    'Prints the command that gives a Redis user exactly the permissions that the application needs, or an operator with this program. Sends nothing to Redis.',
    'The configuration is that of the options: --cluster and --db with their variables, --prefix, and the options of the module below. Replace PASSWORD. The rule begins with "reset", so that the user keeps no permission from before.',
    'Users are not replicated: create them on every server that may become a master, or keep them in the file of "aclfile".',
  ],
  options: [
    { flags: '--user <name>', description: 'name of the ACL user', defaultValue: 'app' },
    {
      flags: '--for <role>',
      description: 'application, or operator for a user of this program',
      defaultValue: 'application',
      parse: oneOf(['application', 'operator']),
    },
    ...NEEDS_OPTIONS,
  ],
  examples: [
    { command: 'nestjs-session acl', explanation: 'prints the rule for one server' },
    {
      command: 'nestjs-session acl --cluster one:6379 --cache',
      explanation: 'prints the rule for the nodes of a Cluster, with the option "cache"',
    },
    {
      command: 'nestjs-session acl --for operator --user ops',
      explanation: 'prints the rule for the user of this program',
    },
  ],
  run(_context, _args, options) {
    const permissions = permissionsFor({ ...needsOf(options), operator: options.for === 'operator' });
    const { keys, channels, commands } = permissions;
    const words = [
      ...['ACL', 'SETUSER', quoted(options.user), 'reset', 'on', '>PASSWORD', quoted(keys)],
      ...channels.map(quoted),
      ...commands.map((name) => `+${name}`),
    ];
    return Promise.resolve({
      data: { user: options.user, ...permissions, command: words.join(' ') },
      text: () => inLines(words),
    });
  },
});

/** Returns a word in the form of redis-cli: in quotes if it has characters that need them. */
function quoted(word: string): string {
  return /^[^\s"'\\]+$/.test(word) ? printable(word) : JSON.stringify(word);
}

/** Returns words on lines of a bounded width, joined as a shell joins them. */
function inLines(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) as string;
    if (line !== '' && line.length + word.length > LINE_WIDTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(' \\\n');
}
