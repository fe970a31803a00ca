import type { CommandDefinition } from '../command.js';
import { acl } from './acl.js';
import { doctor } from './doctor.js';
import { list } from './list.js';
import { revoke } from './revoke.js';
import { scan } from './scan.js';
import { show } from './show.js';
import { size } from './size.js';
import { stats } from './stats.js';

/** All commands, in the order of the help. */
export const COMMANDS: readonly CommandDefinition[] = [doctor, stats, list, show, revoke, scan, size, acl];
