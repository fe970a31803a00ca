import type { ExitReason } from './exit-codes.js';
import type { ConnectedRedis } from './connection/connect.js';
import type { ConnectionOptions } from './connection/options.js';
import type { Progress } from './terminal/progress.js';
import type { Style } from './terminal/style.js';

/** An argument of a command, such as `<id>`. */
export interface ArgumentDefinition {
  /** The name in angle brackets, or in square brackets if the argument may be missing. */
  readonly usage: `<${string}>` | `[${string}]`;
  readonly description: string;
}

/** An option of a command. */
export interface OptionDefinition {
  /** In the form of commander, such as `--sample <count>`. */
  readonly flags: string;
  readonly description: string;
  /** The name of the environment variable that sets the option if the command line does not. */
  readonly env?: string;
  readonly defaultValue?: string | number;
  /** Returns the value of the option from its text. @throws Failure if the text is invalid */
  readonly parse?: (text: string) => unknown;
}

/** The services that a command uses. */
export interface CommandContext {
  readonly connection: ConnectionOptions;
  /** Connects to Redis. The program closes the connection when the command ends. @throws Failure with the reason */
  connect(): Promise<ConnectedRedis>;
  /** Shows the progress of a long step, on a terminal only. */
  progress(label: string): Progress;
  /** Asks a question that is answered by typing `yes`. @throws Failure if there is no terminal to answer on */
  confirm(question: string): Promise<boolean>;
}

/** The result of a command. */
export interface CommandResult {
  /** The result as the flag `--json` prints it. */
  readonly data: object;
  /** Returns the result as text for a terminal, without a line break at its end. */
  readonly text: (style: Style) => string;
  /** The reason of the exit code. Default: `ok`. */
  readonly exit?: ExitReason;
}

/** A command of the program. One file in `commands/` defines one command. */
export interface CommandDefinition<Options = object> {
  readonly name: string;
  /** A phrase for the list of commands, without a full stop. */
  readonly summary: string;
  /** Paragraphs of the help page. */
  readonly description: readonly string[];
  readonly arguments?: readonly ArgumentDefinition[];
  readonly options?: readonly OptionDefinition[];
  readonly examples: readonly { readonly command: string; readonly explanation: string }[];
  /** Meanings of exit codes, if they say more than those of all commands. */
  readonly exitCodes?: Partial<Record<ExitReason, string>>;
  /** True for a command that sends nothing to Redis. */
  readonly isOffline?: boolean;
  run(
    context: CommandContext,
    args: readonly (string | undefined)[],
    options: Options,
  ): Promise<CommandResult>;
}

/** Returns a definition, with the type of its options checked against its `run`. */
export function defineCommand<Options = object>(definition: CommandDefinition<Options>): CommandDefinition {
  return definition as CommandDefinition;
}
