import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { KeyLimitError, type KeyRecord, type KeyUse, type ProjectRecord } from '../store.ts';
import { inTransaction } from './transaction.ts';

/** Projects and keys. Every change that a running gateway must see bumps the revision in the same transaction. */
export class KeyTable {
  readonly #db: DatabaseSync;
  readonly #insertProject: StatementSync;
  readonly #insertKey: StatementSync;
  readonly #countLive: StatementSync;
  readonly #list: StatementSync;
  readonly #listProject: StatementSync;
  readonly #projects: StatementSync;
  readonly #revoke: StatementSync;
  readonly #touch: StatementSync;
  readonly #bump: StatementSync;
  readonly #revision: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insertProject = db.prepare('INSERT INTO projects (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.#insertKey = db.prepare(
      'INSERT INTO keys (id, project, name, secret_sha256, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#countLive = db.prepare('SELECT count(*) AS live FROM keys WHERE revoked_at IS NULL');
    this.#list = db.prepare('SELECT * FROM keys ORDER BY created_at, id');
    this.#listProject = db.prepare('SELECT * FROM keys WHERE project = ? ORDER BY created_at, id');
    this.#projects = db.prepare('SELECT name, created_at FROM projects ORDER BY name');
    this.#revoke = db.prepare('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
    this.#touch = db.prepare(
      'UPDATE keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)',
    );
    this.#bump = db.prepare("UPDATE revisions SET value = value + 1 WHERE name = 'keys'");
    this.#revision = db.prepare("SELECT value FROM revisions WHERE name = 'keys'");
  }

  ensureProjects(names: readonly string[], at: number): void {
    inTransaction(this.#db, () => {
      let added = 0;
      for (const name of names) added += Number(this.#insertProject.run(name, at).changes);
      if (added > 0) this.#bump.run();
    });
  }

  projects(): ProjectRecord[] {
    return this.#projects.all().map((row) => ({ name: String(row['name']), createdAt: Number(row['created_at']) }));
  }

  insert(key: KeyRecord, keysMax: number): void {
    inTransaction(this.#db, () => {
      if (Number(this.#countLive.get()?.['live']) >= keysMax) throw new KeyLimitError(keysMax);
      this.#insertProject.run(key.project, key.createdAt);
      this.#insertKey.run(key.id, key.project, key.name, key.secretSha256, key.createdAt, key.expiresAt ?? null);
      this.#bump.run();
    });
  }

  list(project: string | undefined): KeyRecord[] {
    const rows = project === undefined ? this.#list.all() : this.#listProject.all(project);
    return rows.map((row) => ({
      id: String(row['id']),
      project: String(row['project']),
      name: String(row['name']),
      secretSha256: row['secret_sha256'] as Uint8Array,
      createdAt: Number(row['created_at']),
      expiresAt: optionalNumber(row['expires_at']),
      revokedAt: optionalNumber(row['revoked_at']),
      lastUsedAt: optionalNumber(row['last_used_at']),
    }));
  }

  revoke(id: string, at: number): boolean {
    return inTransaction(this.#db, () => {
      const revoked = Number(this.#revoke.run(at, id).changes) > 0;
      if (revoked) this.#bump.run();
      return revoked;
    });
  }

  touch(uses: readonly KeyUse[]): void {
    inTransaction(this.#db, () => {
      for (const use of uses) this.#touch.run(use.usedAt, use.id, use.usedAt);
    });
  }

  revision(): number {
    return Number(this.#revision.get()?.['value']);
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === null ? undefined : Number(value);
}
