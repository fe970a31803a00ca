import type { SignInIntent } from 'nestjs-redis-session/core';
import { fieldChanges, plainSignIn } from 'nestjs-redis-session/testing';
import type { SessionShape } from '../../../libs/cli/src/sizing/session-shape.js';

const USER_DIGITS = 7;
const PREFIX = 'session:';
const IDLE_MS = 30 * 60_000;
const ABSOLUTE_MS = 12 * 3_600_000;
const DEVICE = 'Mobile Safari on iOS';
const ADDRESS = '2001:db8::1';
const ROLES = '["editor","reviewer"]';
const DATA_BYTES = 4_000;

/** A kind of session, and the sign-ins that create such sessions. */
export interface Shape {
  readonly name: string;
  readonly device: string | null;
  readonly address: string | null;
  /** Fields in JSON. */
  readonly fields: (userId: string) => Readonly<Record<string, string>>;
}

const email = (userId: string) => ({ email: JSON.stringify(`${userId}@example.com`) });
const standard = (userId: string) => ({ ...email(userId), roles: ROLES });
const CLIENT = { device: DEVICE, address: ADDRESS };

/** The three shapes that predictions are checked for. */
export const SHAPES: readonly Shape[] = [
  { name: 'an email', device: null, address: null, fields: email },
  { name: 'standard, with device and address', ...CLIENT, fields: standard },
  {
    name: 'standard, with 4 kB of data',
    ...CLIENT,
    fields: (userId) => ({ ...standard(userId), cart: JSON.stringify('x'.repeat(DATA_BYTES - 2)) }),
  },
];

/** Returns the id of a user. All ids have the same length. */
export function userOf(number: number): string {
  return `user-${String(number).padStart(USER_DIGITS, '0')}`;
}

/** Returns the sign-in of a user to a session of a shape. */
export function signInTo({ device, address, fields }: Shape, userId: string): SignInIntent {
  return {
    ...plainSignIn(userId),
    timeouts: { idleMs: IDLE_MS, absoluteMs: ABSOLUTE_MS },
    ...{ device, address, changes: fieldChanges(fields(userId)) },
  };
}

/** Returns the lengths of a shape, as the model takes them. */
export function lengthsOf({ device, address, fields }: Shape): SessionShape {
  const example = userOf(0);
  return {
    prefixBytes: PREFIX.length,
    userIdBytes: example.length,
    deviceBytes: device?.length ?? 0,
    addressBytes: address?.length ?? 0,
    fields: Object.entries(fields(example)).map(([name, value]) => ({
      nameBytes: name.length,
      valueBytes: value.length,
    })),
    isRotated: false,
    ...{ idleMs: IDLE_MS, absoluteMs: ABSOLUTE_MS, activeForMs: 0 },
  };
}
