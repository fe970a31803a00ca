import type { CommandDefinition } from '../command.js';
import { list } from './list.js';
import { revoke } from './revoke.js';
import { show } from './show.js';
import { stats } from './stats.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [stats, list, show, revoke];
