import type { Database, Statement } from 'better-sqlite3';
import {
  type EndedSession,
  type EndNotice,
  expiryOf,
  type SessionEnd,
  type SessionId,
  type SessionRecord,
  type SignInSource,
} from 'nestjs-redis-session/core';
import { TABLE_NAMES } from './schema.js';

/** The session that a recent sign-in began. */
export interface KeptSource {
  readonly id: SessionId;
  readonly nonce: string;
}

/** Rows of one table that one step of the sweep deletes at most, so that it does not keep requests waiting. */
const SWEEP_ROWS = 500;

/** Reads and writes rows. Knows the tables and nothing of sessions; `now` is the time of the store. */
export class Rows {
  private readonly prepared = new Map<string, Statement>();

  constructor(private readonly database: Database) {}

  /** Returns a live session; `null` if there is none, or its text is no record. */
  session(id: SessionId, now: number): SessionRecord | null {
    const row = this.get('SELECT record FROM sessions WHERE id = ? AND expires_at > ?', id, now);
    return row && recordOf(row['record'] as string);
  }

  /** Returns the user of a live session, even if {@link session} cannot read the record; `undefined`: no session. */
  owner(id: SessionId, now: number): string | null | undefined {
    const row = this.get('SELECT user_id FROM sessions WHERE id = ? AND expires_at > ?', id, now);
    return row?.['user_id'] as string | null | undefined;
  }

  /** Returns the live sessions of a user that can be read. */
  sessionsOf(userId: string, now: number): SessionRecord[] {
    return this.all('SELECT record FROM sessions WHERE user_id = ? AND expires_at > ?', userId, now)
      .map(({ record }) => recordOf(record as string))
      .filter((record) => record !== null);
  }

  /** Returns the live sessions of one user, or of everyone if `userId` is `null`, even those that cannot be read. */
  owners(userId: string | null, now: number): EndedSession[] {
    const sql = 'SELECT id, user_id AS userId FROM sessions WHERE expires_at > ?';
    const rows = userId === null ? this.all(sql, now) : this.all(`${sql} AND user_id = ?`, now, userId);
    return (rows as unknown as EndedSession[]).map(({ id, userId }) => ({ id, userId }));
  }

  keepSession(record: SessionRecord): SessionRecord {
    const text = JSON.stringify({ ...record, fields: [...record.fields] });
    this.run('REPLACE INTO sessions VALUES (?, ?, ?, ?)', record.id, record.userId, text, expiryOf(record));
    return record;
  }

  deleteSession(id: SessionId): void {
    this.run('DELETE FROM sessions WHERE id = ?', id);
  }

  notice(id: SessionId, now: number): SessionEnd | null {
    const row = this.get('SELECT notice FROM notices WHERE id = ? AND expires_at > ?', id, now);
    return row && (JSON.parse(row['notice'] as string) as SessionEnd);
  }

  keepNotice(id: SessionId, notice: EndNotice, at: number, expiresAt: number): void {
    this.run('REPLACE INTO notices VALUES (?, ?, ?)', id, JSON.stringify({ ...notice, at }), expiresAt);
  }

  source(userId: string, { digest }: SignInSource, now: number): KeptSource | null {
    const sql = `SELECT session_id AS id, nonce FROM sources WHERE user_id = ? AND digest = ? AND expires_at > ?`;
    return this.get(sql, userId, digest, now) as KeptSource | null;
  }

  keepSource(userId: string, { digest, nonce, keptForMs }: SignInSource, id: SessionId, now: number): void {
    this.run('REPLACE INTO sources VALUES (?, ?, ?, ?, ?)', userId, digest, id, nonce, now + keptForMs);
  }

  /** Deletes some expired rows of each table. Returns true if there may be more. */
  sweep(now: number): boolean {
    const deleted = TABLE_NAMES.map((table) => {
      const expired = `SELECT rowid FROM ${table} WHERE expires_at <= ? LIMIT ${SWEEP_ROWS}`;
      return this.run(`DELETE FROM ${table} WHERE rowid IN (${expired})`, now);
    });
    return deleted.includes(SWEEP_ROWS);
  }

  private get(sql: string, ...values: unknown[]): Readonly<Record<string, unknown>> | null {
    return (this.statement(sql).get(...values) as Record<string, unknown> | undefined) ?? null;
  }

  private all(sql: string, ...values: unknown[]): Readonly<Record<string, unknown>>[] {
    // Not all(), whose arrays belong to another realm under Jest, and then equal no array of a test.
    return [...this.statement(sql).iterate(...values)] as Record<string, unknown>[];
  }

  private run(sql: string, ...values: unknown[]): number {
    return this.statement(sql).run(...values).changes;
  }

  private statement(sql: string): Statement {
    const statement = this.prepared.get(sql) ?? this.database.prepare(sql);
    this.prepared.set(sql, statement);
    return statement;
  }
}

/** Returns the record in a text; `null` if the text is none, which is how a store reports what it cannot read. */
function recordOf(text: string): SessionRecord | null {
  try {
    const { fields, ...facts } = JSON.parse(text) as Omit<SessionRecord, 'fields'> & {
      readonly fields: readonly [string, string][];
    };
    return { ...facts, fields: new Map(fields) };
  } catch {
    return null;
  }
}
