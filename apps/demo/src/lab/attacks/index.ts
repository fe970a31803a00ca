import type { Attack } from './attack.js';
import { fixation } from './fixation.js';
import { parallelSignIns } from './parallel-sign-ins.js';
import { parallelWrites } from './parallel-writes.js';
import { replay } from './replay.js';
import { slowRequest } from './slow-request.js';
import { tampering } from './tampering.js';

/** The attacks of the lab, in display order. */
export const ATTACKS: readonly Attack[] = [
  fixation,
  replay,
  slowRequest,
  parallelSignIns,
  parallelWrites,
  tampering,
];
