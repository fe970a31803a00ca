import type { CommandDefinition } from '../command.js';
import { stats } from './stats.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [stats];
