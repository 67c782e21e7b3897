import type { DatabaseSync } from 'node:sqlite';

/**
 * IMMEDIATE takes the write lock first: a transaction that reads and then writes cannot find, half way, that another
 * process wrote in between.
 */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // Some errors (disk full) have rolled it back already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
