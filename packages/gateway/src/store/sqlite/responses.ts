import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredResponse } from '../store.ts';

interface Row {
  readonly created_at: number;
  readonly expires_at: number;
  readonly upstream: string | null;
  readonly answer: string | null;
  readonly input: string | null;
}

/** Stored answers of the Responses wire. */
export class ResponseTable {
  readonly #put: StatementSync;
  readonly #get: StatementSync;
  readonly #delete: StatementSync;
  readonly #trim: StatementSync;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO responses (id, project, created_at, expires_at, upstream, answer, input) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#get = db.prepare(
      'SELECT created_at, expires_at, upstream, answer, input FROM responses WHERE id = ? AND project = ? AND expires_at > ?',
    );
    this.#delete = db.prepare('DELETE FROM responses WHERE id = ? AND project = ?');
    this.#trim = db.prepare(
      'DELETE FROM responses WHERE rowid IN (SELECT rowid FROM responses WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
    );
  }

  put({ id, project, createdAt, expiresAt, kept }: StoredResponse): void {
    const [upstream, answer, input] =
      'upstream' in kept ? [kept.upstream, null, null] : [null, kept.answer, kept.input];
    this.#put.run(id, project, Math.round(createdAt), Math.round(expiresAt), upstream, answer, input);
  }

  get(id: string, project: string, at: number): StoredResponse | undefined {
    const row = this.#get.get(id, project, Math.round(at)) as Row | undefined;
    if (row === undefined) return undefined;
    const { created_at: createdAt, expires_at: expiresAt, upstream, answer, input } = row;
    const kept = upstream === null ? { answer: answer!, input: input! } : { upstream };
    return { id, project, createdAt, expiresAt, kept };
  }

  delete(id: string, project: string): boolean {
    return Number(this.#delete.run(id, project).changes) > 0;
  }

  trim(at: number, rowsMax: number): number {
    return Number(this.#trim.run(Math.round(at), rowsMax).changes);
  }
}
