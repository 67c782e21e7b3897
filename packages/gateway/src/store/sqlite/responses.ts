import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredResponse } from '../store.ts';

interface Row {
  readonly created_at: number;
  readonly expires_at: number;
  readonly upstream: string | null;
  readonly answer: string | null;
  readonly input: string | null;
}

/** A project keeps so many answers, and a few more until the next look; the oldest go first. */
export const RESPONSES_PER_PROJECT_MAX = 10_000;
export const PUTS_BETWEEN_LOOKS = 64;

/** Stored answers of the Responses wire. */
export class ResponseTable {
  readonly #put: StatementSync;
  readonly #get: StatementSync;
  readonly #delete: StatementSync;
  readonly #trim: StatementSync;
  readonly #keepNewest: StatementSync;
  readonly #puts = new Map<string, number>();

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
    this.#keepNewest = db.prepare(
      'DELETE FROM responses WHERE rowid IN (SELECT rowid FROM responses WHERE project = ? ORDER BY created_at DESC, rowid DESC LIMIT -1 OFFSET ?)',
    );
  }

  put({ id, project, createdAt, expiresAt, kept }: StoredResponse): void {
    const [upstream, answer, input] =
      'upstream' in kept ? [kept.upstream, null, null] : [null, kept.answer, kept.input];
    this.#put.run(id, project, Math.round(createdAt), Math.round(expiresAt), upstream, answer, input);
    const puts = (this.#puts.get(project) ?? 0) + 1;
    this.#puts.set(project, puts % PUTS_BETWEEN_LOOKS);
    if (puts === PUTS_BETWEEN_LOOKS) this.#keepNewest.run(project, RESPONSES_PER_PROJECT_MAX);
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
