import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { NewResponse, StoredResponse } from '../store.ts';
import { inTransaction } from './transaction.ts';

interface Row {
  readonly created_at: number;
  readonly expires_at: number;
  readonly upstream: string | null;
  readonly answer: string | null;
  readonly input: string | null;
}

/** What a project keeps, and a little more until the next look; the oldest go first. */
export interface ResponseBounds {
  readonly answersMax: number;
  /** Of all its answers and of what led to them, in characters. */
  readonly charsMax: number;
  /** How much may come between two looks. */
  readonly putsBetweenLooks: number;
  readonly charsBetweenLooks: number;
}

const BOUNDS: ResponseBounds = {
  answersMax: 10_000,
  charsMax: 1024 * 1024 * 1024,
  putsBetweenLooks: 64,
  charsBetweenLooks: 64 * 1024 * 1024,
};

/** Stored answers of the Responses wire. */
export class ResponseTable {
  readonly #db: DatabaseSync;
  readonly #put: StatementSync;
  readonly #putItem: StatementSync;
  readonly #hasItem: StatementSync;
  readonly #get: StatementSync;
  readonly #delete: StatementSync;
  readonly #trim: StatementSync;
  readonly #keepNewest: StatementSync;
  /** By project, since the last look. */
  readonly #since = new Map<string, { puts: number; chars: number }>();

  readonly #bounds: ResponseBounds;

  constructor(db: DatabaseSync, bounds: ResponseBounds = BOUNDS) {
    this.#bounds = bounds;
    this.#db = db;
    this.#putItem = db.prepare('INSERT OR REPLACE INTO response_items (project, id, response) VALUES (?, ?, ?)');
    this.#hasItem = db.prepare(`
      SELECT 1 FROM response_items JOIN responses ON responses.project = response_items.project AND responses.id = response
      WHERE response_items.project = ? AND response_items.id = ? AND expires_at > ?`);
    this.#put = db.prepare(
      'INSERT OR REPLACE INTO responses (id, project, created_at, expires_at, upstream, answer, input, chars) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#get = db.prepare(
      'SELECT created_at, expires_at, upstream, answer, input FROM responses WHERE id = ? AND project = ? AND expires_at > ?',
    );
    this.#delete = db.prepare('DELETE FROM responses WHERE id = ? AND project = ?');
    this.#trim = db.prepare(
      'DELETE FROM responses WHERE rowid IN (SELECT rowid FROM responses WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
    );
    this.#keepNewest = db.prepare(`
      DELETE FROM responses WHERE rowid IN (
        SELECT rowid FROM (
          SELECT rowid, row_number() OVER newest AS place, sum(chars) OVER newest AS total
          FROM responses WHERE project = ? WINDOW newest AS (ORDER BY created_at DESC, rowid DESC)
        ) WHERE place > ? OR total > ?
      )`);
  }

  put(response: NewResponse): void {
    const { id, project, items = [] } = response;
    if (items.length === 0) {
      this.#putAnswer(response);
      return;
    }
    inTransaction(this.#db, () => {
      this.#putAnswer(response);
      for (const item of items) this.#putItem.run(project, item, id);
    });
  }

  strangeItems(ids: readonly string[], project: string, at: number): string[] {
    return ids.filter((id) => this.#hasItem.get(project, id, Math.round(at)) === undefined);
  }

  #putAnswer({ id, project, createdAt, expiresAt, kept }: StoredResponse): void {
    const [upstream, answer, input] =
      'upstream' in kept ? [kept.upstream, null, null] : [null, kept.answer, kept.input];
    const chars = (answer?.length ?? 0) + (input?.length ?? 0);
    this.#put.run(id, project, Math.round(createdAt), Math.round(expiresAt), upstream, answer, input, chars);
    this.#look(project, chars);
  }

  #look(project: string, chars: number): void {
    const since = this.#since.get(project) ?? { puts: 0, chars: 0 };
    since.puts += 1;
    since.chars += chars;
    this.#since.set(project, since);
    const { answersMax, charsMax, putsBetweenLooks, charsBetweenLooks } = this.#bounds;
    if (since.puts < putsBetweenLooks && since.chars < charsBetweenLooks) return;
    this.#since.delete(project);
    this.#keepNewest.run(project, answersMax, charsMax);
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
