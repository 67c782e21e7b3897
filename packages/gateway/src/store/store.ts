import type { LedgerRow } from '../ledger/row.ts';
import type { UsageQuery, UsageRow } from '../ledger/usage.ts';

/** A key as it is stored: the secret itself never is. */
export interface KeyRecord {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly secretSha256: Uint8Array;
  /** Times are ms since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export interface KeyUse {
  readonly id: string;
  readonly usedAt: number;
}

export interface ProjectRecord {
  readonly name: string;
  readonly createdAt: number;
}

/** An answer of the Responses wire that was asked to be stored. Times are ms since 1970. */
export interface StoredResponse {
  readonly id: string;
  readonly project: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** `upstream`: the provider of this name keeps it. Otherwise the answer and the items that led to it, as JSON. */
  readonly kept: { readonly upstream: string } | { readonly answer: string; readonly input: string };
}

/** An answer to be kept, and the ids of its items where its provider keeps them. */
export interface NewResponse extends StoredResponse {
  readonly items?: readonly string[];
}

/** What became of the rows of one append. Every row is in exactly one of the three. */
export interface AppendResult {
  readonly written: number;
  /** Ids that were in the ledger already; the first row stays. */
  readonly duplicates: readonly string[];
  /** Rows that break a rule of the ledger itself (a refused request with a cost, a negative count). */
  readonly invalid: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Durable state. Asynchronous throughout, so that a database over a network can stand behind it. Several processes use one
 * database at the same time: a running gateway, and the command line beside it.
 */
export interface Store {
  /** Makes the projects that do not exist yet. */
  ensureProjects(names: readonly string[], at: number): Promise<void>;
  listProjects(): Promise<readonly ProjectRecord[]>;

  /** Makes the key's project too if it does not exist. Throws KeyLimitError where `keysMax` keys exist already. */
  insertKey(key: KeyRecord, keysMax: number): Promise<void>;
  /** Oldest first; revoked and expired ones included. */
  listKeys(project?: string): Promise<readonly KeyRecord[]>;
  /** False when there is no such key or it was revoked before. */
  revokeKey(id: string, at: number): Promise<boolean>;
  /** Last use only ever moves forward. */
  touchKeys(uses: readonly KeyUse[]): Promise<void>;
  /** Grows with every change to keys or projects by any process; last use does not count. */
  keysRevision(): Promise<number>;

  /** One transaction. Throws when nothing could be written (busy, disk full); no row is then in the ledger. */
  appendLedger(rows: readonly LedgerRow[]): Promise<AppendResult>;
  /** Deletes at most `rowsMax` rows that are older than `before`; says how many. */
  trimLedger(before: number, rowsMax: number): Promise<number>;
  usage(query: UsageQuery): Promise<readonly UsageRow[]>;

  /** Keeps a stored answer; one of the same project and id is replaced. */
  putResponse(response: NewResponse): Promise<void>;
  /** Undefined where there is none of the project's that has not expired. */
  getResponse(id: string, project: string, at: number): Promise<StoredResponse | undefined>;
  /** Which of the ids are not of items that some provider keeps for the project. */
  strangeItems(ids: readonly string[], project: string, at: number): Promise<readonly string[]>;
  deleteResponse(id: string, project: string): Promise<boolean>;
  /** Deletes at most `rowsMax` that expired before `at`; says how many. */
  trimResponses(at: number, rowsMax: number): Promise<number>;

  close(): Promise<void>;
}

export class KeyLimitError extends Error {
  override readonly name = 'KeyLimitError';
  constructor(keysMax: number) {
    super(`There are ${keysMax} keys already, which is the limit. Revoke some: revoked keys do not count.`);
  }
}
