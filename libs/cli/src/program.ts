import { Command, CommanderError, Option } from 'commander';
import { parseSessionId } from 'nestjs-redis-session/core';
import type { CommandContext, CommandDefinition, CommandResult, OptionDefinition } from './command.js';
import { COMMANDS } from './commands/index.js';
import { connect, type ConnectedRedis } from './connection/connect.js';
import { explainFailed } from './connection/explain.js';
import { CONNECTION_OPTIONS, type ConnectionOptions } from './connection/options.js';
import { EXIT_CODES } from './exit-codes.js';
import { Failure, usageFailure } from './failure.js';
import { helpPage } from './help/page.js';
import { confirm, type Terminal } from './terminal/confirm.js';
import { showProgress } from './terminal/progress.js';
import { Style } from './terminal/style.js';
import { VERSION } from './version.js';

/** The surroundings of the program. */
export interface Surroundings extends Terminal {
  readonly env: NodeJS.ProcessEnv;
}

/** The flags of which one names the address of Redis. */
const ADDRESSES = ['url', 'host', 'cluster', 'sentinels'];

/** Runs the program with the arguments of the command line, and returns its exit code. Never rejects. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  let exitCode: number = EXIT_CODES.ok.code;
  const program = createProgram(surroundings, (code) => (exitCode = code));
  try {
    await program.parseAsync(args.length > 0 ? withIdsLast(args) : ['--help'], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODES.usage.code;
    const { reason, message } = failureOf(error);
    if (args.includes('--json')) stdout.write(`${JSON.stringify({ error: { reason, message } }, null, 2)}\n`);
    stderr.write(`${Style.of(stderr).bad('Error:')} ${message}\n`);
    return EXIT_CODES[reason].code;
  }
}

/**
 * Returns arguments with the session IDs that begin with a hyphen behind `--`, because they look like options. One ID in 64
 * does.
 */
function withIdsLast(args: readonly string[]): readonly string[] {
  const isId = (arg: string, index: number) =>
    arg.startsWith('-') && parseSessionId(arg) !== null && !takesValue(args[index - 1] ?? '');
  const ids = args.filter(isId);
  return ids.length === 0 || args.includes('--')
    ? args
    : [...args.filter((arg) => !ids.includes(arg)), '--', ...ids];
}

/** Returns true for the name of an option that takes a value. */
function takesValue(flag: string): boolean {
  const options = [...CONNECTION_OPTIONS, ...COMMANDS.flatMap(({ options = [] }) => options)];
  return options.some(({ flags }) => flags.startsWith(`${flag} <`));
}

function createProgram(surroundings: Surroundings, onExit: (code: number) => void): Command {
  const { stdout, stderr } = surroundings;
  const program = new Command('nestjs-session')
    .description('Checks the Redis of nestjs-redis-session, and shows and ends the sessions in it.')
    .version(VERSION)
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .addHelpText('after', '\n"nestjs-session help <command>" shows the page of a command.')
    .helpCommand('help [command]', 'show the page of a command')
    .exitOverride();
  for (const definition of COMMANDS) program.addCommand(subcommand(definition, surroundings, onExit));
  return program;
}

function subcommand(
  definition: CommandDefinition,
  surroundings: Surroundings,
  onExit: (code: number) => void,
): Command {
  const { stdout, stderr } = surroundings;
  const command = new Command(definition.name)
    .summary(definition.summary)
    .configureHelp({ formatHelp: () => `${helpPage(definition, Style.of(stdout))}\n` })
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showHelpAfterError(`"nestjs-session help ${definition.name}" shows the options.`)
    .exitOverride();
  for (const { usage, description } of definition.arguments ?? []) command.argument(usage, description);
  for (const option of [...(definition.options ?? []), ...CONNECTION_OPTIONS])
    command.addOption(toOption(option));
  return command.action(async (...received: unknown[]) => {
    const args = received.slice(0, -2) as (string | undefined)[];
    const options = withoutShadowedAddresses(command);
    onExit(await run(definition, { args, options }, surroundings));
  });
}

function toOption({ flags, description, env, defaultValue, parse }: OptionDefinition): Option {
  const option = new Option(flags, description);
  if (env !== undefined) option.env(env);
  if (parse) option.argParser((text) => inOption(flags, () => parse(text)));
  // Defaults are given as text, as on the command line.
  if (defaultValue !== undefined) option.default(parse ? parse(String(defaultValue)) : defaultValue);
  return option;
}

/** Names the option in the failure of its value. */
function inOption<T>(flags: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw usageFailure(`${flags.split(' ', 1)[0]}: ${(error as Error).message}`);
  }
}

/** Returns the options of a command. An address on the command line replaces one in the environment. */
function withoutShadowedAddresses(command: Command): ConnectionOptions {
  const sources = ADDRESSES.map((name) => [name, command.getOptionValueSource(name)] as const);
  const options: Record<string, unknown> = { ...command.opts() };
  if (sources.some(([, source]) => source === 'cli')) {
    for (const [name, source] of sources) if (source === 'env') delete options[name];
  }
  return options as unknown as ConnectionOptions;
}

interface Invocation {
  readonly args: readonly (string | undefined)[];
  readonly options: ConnectionOptions;
}

async function run(
  definition: CommandDefinition,
  { args, options }: Invocation,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr, env } = surroundings;
  let connected: ConnectedRedis | undefined;
  const context: CommandContext = {
    connection: options,
    connect: async () => (connected ??= await connect(options, env)),
    progress: (label) => showProgress(stderr, label),
    confirm: (question) => confirm(surroundings, question),
  };
  try {
    const result = await definition.run(context, args, options);
    stdout.write(`${rendered(result, options, stdout)}\n`);
    return EXIT_CODES[result.exit ?? 'ok'].code;
  } catch (error) {
    throw connected ? explainFailed(error, connected.place) : error;
  } finally {
    await connected?.close();
  }
}

function rendered(
  { data, text }: CommandResult,
  { json }: ConnectionOptions,
  stdout: NodeJS.WriteStream,
): string {
  return json ? JSON.stringify(data, null, 2) : text(Style.of(stdout));
}

function failureOf(error: unknown): Pick<Failure, 'reason' | 'message'> {
  if (error instanceof Failure) return error;
  return { reason: 'failed', message: `${(error as Error).message || String(error)}.` };
}
