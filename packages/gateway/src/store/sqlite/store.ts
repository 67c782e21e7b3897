import type { DatabaseSync } from 'node:sqlite';
import type { LedgerRow } from '../../ledger/row.ts';
import type { UsageQuery, UsageRow } from '../../ledger/usage.ts';
import type { AppendResult, KeyRecord, KeyUse, ProjectRecord, Store, NewResponse, StoredResponse } from '../store.ts';
import type { KeyTable } from './keys.ts';
import type { LedgerTable } from './ledger.ts';
import type { ResponseTable } from './responses.ts';

/** Each method is async, so that what SQLite throws arrives as a rejection like any other store's. */
export class SqliteStore implements Store {
  readonly #db: DatabaseSync;
  readonly #keys: KeyTable;
  readonly #ledger: LedgerTable;
  readonly #responses: ResponseTable;

  constructor(db: DatabaseSync, keys: KeyTable, ledger: LedgerTable, responses: ResponseTable) {
    this.#db = db;
    this.#keys = keys;
    this.#ledger = ledger;
    this.#responses = responses;
  }

  async ensureProjects(names: readonly string[], at: number): Promise<void> {
    this.#keys.ensureProjects(names, at);
  }

  async listProjects(): Promise<readonly ProjectRecord[]> {
    return this.#keys.projects();
  }

  async insertKey(key: KeyRecord, keysMax: number): Promise<void> {
    this.#keys.insert(key, keysMax);
  }

  async listKeys(project?: string): Promise<readonly KeyRecord[]> {
    return this.#keys.list(project);
  }

  async revokeKey(id: string, at: number): Promise<boolean> {
    return this.#keys.revoke(id, at);
  }

  async touchKeys(uses: readonly KeyUse[]): Promise<void> {
    this.#keys.touch(uses);
  }

  async keysRevision(): Promise<number> {
    return this.#keys.revision();
  }

  async appendLedger(rows: readonly LedgerRow[]): Promise<AppendResult> {
    return this.#ledger.append(rows);
  }

  async trimLedger(before: number, rowsMax: number): Promise<number> {
    return this.#ledger.trim(before, rowsMax);
  }

  async usage(query: UsageQuery): Promise<readonly UsageRow[]> {
    return this.#ledger.usage(query);
  }

  async putResponse(response: NewResponse): Promise<void> {
    this.#responses.put(response);
  }

  async getResponse(id: string, project: string, at: number): Promise<StoredResponse | undefined> {
    return this.#responses.get(id, project, at);
  }

  async strangeItems(ids: readonly string[], project: string, at: number): Promise<readonly string[]> {
    return this.#responses.strangeItems(ids, project, at);
  }

  async deleteResponse(id: string, project: string): Promise<boolean> {
    return this.#responses.delete(id, project);
  }

  async trimResponses(at: number, rowsMax: number): Promise<number> {
    return this.#responses.trim(at, rowsMax);
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}
