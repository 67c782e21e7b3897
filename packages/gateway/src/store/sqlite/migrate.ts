import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

export class SchemaTooNewError extends Error {
  override readonly name = 'SchemaTooNewError';
  constructor(file: string, found: number, known: number) {
    super(
      `${file} has schema version ${found}, and this build knows versions up to ${known}: it was written by a newer Offpeak. ` +
        'Run that version, or point `data` at another folder.',
    );
  }
}

/** Brings the schema up to date. Two processes may do so at once: the second waits, and then finds nothing left to do. */
export function migrate(db: DatabaseSync, file: string, migrations: readonly string[]): void {
  const found = schemaVersion(db);
  if (found > migrations.length) throw new SchemaTooNewError(file, found, migrations.length);
  if (found === migrations.length) return;
  inTransaction(db, () => {
    // Read again under the write lock.
    const version = schemaVersion(db);
    for (const sql of migrations.slice(version)) db.exec(sql);
    db.exec(`PRAGMA user_version = ${Math.max(version, migrations.length)}`);
  });
}

function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}
