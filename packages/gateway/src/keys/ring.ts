import { timingSafeEqual } from 'node:crypto';
import type { KeyRecord, KeyUse } from '../store/store.ts';
import { parseKey, sha256 } from './format.ts';

/** More live keys than this are refused when they are made; the ring holds all of them in memory. */
export const KEYS_MAX = 100_000;

/** Who a request is from. One object per key, so that authenticating allocates nothing. */
export interface Identity {
  readonly project: string;
  readonly keyId: string;
}

interface Entry {
  readonly identity: Identity;
  readonly secretSha256: Uint8Array;
  readonly expiresAt: number;
  usedAt: number;
}

/** An unknown id is compared with this, so that it takes as long to refuse as a wrong secret. No secret hashes to zeros. */
const NO_HASH = new Uint8Array(32);

/** The live keys, in memory. Filled from the store; answers without touching it. */
export class KeyRing {
  readonly #now: () => number;
  #entries: Map<string, Entry> = new Map();
  /** Keys that were used since the last takeUsed(). */
  #used: Set<Entry> = new Set();
  #everMade = false;
  #projects: ReadonlySet<string> = new Set();

  /** `now` gives ms since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Revoked keys count: whoever revokes the last one wants nobody in, not everybody. */
  get everMade(): boolean {
    return this.#everMade;
  }

  /** Whose keys they are; those that have expired since count. */
  get projects(): ReadonlySet<string> {
    return this.#projects;
  }

  /** Replaces all keys by the live ones among these. */
  load(records: readonly KeyRecord[]): void {
    this.#everMade = records.length > 0;
    const entries = new Map<string, Entry>();
    for (const record of records) {
      if (record.revokedAt !== undefined) continue;
      entries.set(record.id, {
        identity: { project: record.project, keyId: record.id },
        secretSha256: record.secretSha256,
        expiresAt: record.expiresAt ?? Infinity,
        usedAt: record.lastUsedAt ?? 0,
      });
    }
    this.#entries = entries;
    this.#projects = new Set([...entries.values()].map(({ identity }) => identity.project));
  }

  /** Who the token belongs to; null if it is not a key, is unknown, wrong, revoked or expired. */
  authenticate(token: string): Identity | null {
    const parts = parseKey(token);
    if (parts === undefined) return null;
    const entry = this.#entries.get(parts.id);
    const same = timingSafeEqual(sha256(parts.secret), entry?.secretSha256 ?? NO_HASH);
    if (entry === undefined || !same) return null;
    const now = this.#now();
    if (now >= entry.expiresAt) return null;
    entry.usedAt = now;
    this.#used.add(entry);
    return entry.identity;
  }

  /** For requests that are signed instead of showing their key: what a live key of this id signs with. */
  signer(id: string): { readonly identity: Identity; readonly secretSha256: Uint8Array } | undefined {
    const entry = this.#entries.get(id);
    return entry === undefined || this.#now() >= entry.expiresAt ? undefined : entry;
  }

  /** A signature of this key held. */
  used(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.usedAt = this.#now();
    this.#used.add(entry);
  }

  /** The keys that were used since the last call, each with its last use. */
  takeUsed(): KeyUse[] {
    const uses: KeyUse[] = [];
    for (const entry of this.#used) uses.push({ id: entry.identity.keyId, usedAt: entry.usedAt });
    this.#used.clear();
    return uses;
  }
}
