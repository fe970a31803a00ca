import { toMs } from './duration.js';

/** The rule of an option that is a length of time. */
export const DURATION = {
  expected: "a positive length of time, such as '30m' or 1800000 (milliseconds)",
  accepts: (value: unknown) => toMs(value) !== null,
};
