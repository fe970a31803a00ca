import type { SessionRecord } from './record.js';

/** The public facts of a session: enough for a list of devices, and nothing that opens it. */
export interface SessionInfo {
  /** The public ID. */
  readonly id: string;
  /** The ID of the signed-in user, or `null`. */
  readonly userId: string | null;
  /** A label such as `Firefox on Linux`, or `null`. */
  readonly device: string | null;
  /** The network address of the sign-in, or `null`. */
  readonly address: string | null;
  readonly createdAt: Date;
  readonly signedInAt: Date | null;
  /** The last recorded activity; up to a tenth of the idle timeout behind the last request. */
  readonly lastActiveAt: Date;
  /** Time at which the session ends without further activity. */
  readonly idleEndAt: Date;
  /** Time at which the session ends regardless of activity. */
  readonly absoluteEndAt: Date;
}

/** Returns the public facts of a session. */
export function describeSession(record: SessionRecord): SessionInfo {
  const { id, userId, device, address } = record;
  const idleEndAt = Math.min(record.lastActiveAt + record.idleMs, record.absoluteEndAt);
  return {
    id,
    userId,
    device,
    address,
    createdAt: new Date(record.createdAt),
    signedInAt: record.signedInAt === null ? null : new Date(record.signedInAt),
    lastActiveAt: new Date(record.lastActiveAt),
    idleEndAt: new Date(idleEndAt),
    absoluteEndAt: new Date(record.absoluteEndAt),
  };
}
