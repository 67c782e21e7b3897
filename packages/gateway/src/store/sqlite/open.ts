import { chmodSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Store } from '../store.ts';
import { KeyTable } from './keys.ts';
import { LedgerTable } from './ledger.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { ResponseTable } from './responses.ts';
import { SqliteStore } from './store.ts';

export const DATABASE_FILE = 'offpeak.db';

/** How long a statement may block the thread for another process's write. Long enough for any of ours. */
const BUSY_MS = 2_000;

export interface OpenOptions {
  /** A server keeps this short, since its whole event loop waits, and tries again later instead. */
  readonly busyMs?: number;
}

/** Opens, or makes, the database in the folder `data`. Only its owner can read either of them. */
export function openSqliteStore(data: string, options: OpenOptions = {}): Store {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const file = join(data, DATABASE_FILE);
  // SQLite gives its -wal and -shm files the mode of the database itself, so that has to be right before it opens it.
  closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600));
  chmodSync(file, 0o600);
  const db = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
    migrate(db, file, MIGRATIONS);
    db.exec(`PRAGMA busy_timeout = ${options.busyMs ?? BUSY_MS}`);
    return new SqliteStore(db, new KeyTable(db), new LedgerTable(db), new ResponseTable(db));
  } catch (error) {
    db.close();
    throw error;
  }
}
