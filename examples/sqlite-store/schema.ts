import type { Database } from 'better-sqlite3';

/** Version of the tables below. A store refuses a file with another one. */
const VERSION = 1;

/**
 * A column holds what a query compares, such as the user of a session. The rest of a record is one JSON text, because
 * SQLite reads and writes whole rows anyway.
 *
 * All tables expire by query: each statement compares `expires_at` with the clock of the store, so an expired row is
 * absent from that moment on, and the sweep only frees its space.
 */
// #region tables
const TABLES = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id TEXT,
    record TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  );
  CREATE INDEX sessions_by_user ON sessions (user_id) WHERE user_id IS NOT NULL;
  CREATE INDEX sessions_by_expiry ON sessions (expires_at);

  -- Why a session has ended.
  CREATE TABLE notices (id TEXT PRIMARY KEY, notice TEXT NOT NULL, expires_at INTEGER NOT NULL);
  CREATE INDEX notices_by_expiry ON notices (expires_at);

  -- Recent sign-ins, to recognise a sign-in that is sent twice.
  CREATE TABLE sources (
    user_id TEXT,
    digest TEXT,
    session_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, digest)
  );
  CREATE INDEX sources_by_expiry ON sources (expires_at);
`;
// #endregion tables

/** Names of the tables, all of which expire. */
export const TABLE_NAMES = ['sessions', 'notices', 'sources'] as const;

/** Prepares a new database, or checks the version of an existing one. */
export function prepareSchema(database: Database): void {
  // Readers do not wait for a writer.
  database.pragma('journal_mode = WAL');
  database
    .transaction(() => {
      const version = database.pragma('user_version', { simple: true });
      if (version === VERSION) return;
      if (version !== 0) {
        throw new Error(
          `${database.name} holds sessions of schema version ${String(version)}, and this store expects ${VERSION}. ` +
            'Move or delete the file: its users will have to sign in again.',
        );
      }
      database.exec(TABLES);
      database.pragma(`user_version = ${VERSION}`);
    })
    .immediate();
}
