import type { KeyRecord, Store } from '../store/store.ts';
import { accessKeyIdOf, secretAccessKeyOf } from '../sigv4/secret.ts';
import { generateKey } from './format.ts';
import { KEYS_MAX } from './ring.ts';

export interface CreateKeyOptions {
  readonly name?: string;
  /** ms since 1970. */
  readonly expiresAt?: number;
  readonly now: number;
}

export interface CreatedKey {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly expiresAt: number | undefined;
  /** Shown once: it cannot be had again. */
  readonly key: string;
  /** The same key for SDKs that sign their requests. */
  readonly aws: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What a list may show of a key. */
export interface KeySummary {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly state: 'live' | 'expired' | 'revoked';
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export async function createKey(store: Store, project: string, options: CreateKeyOptions): Promise<CreatedKey> {
  const { id, key, secretSha256 } = generateKey();
  const record: KeyRecord = {
    id,
    project,
    name: options.name ?? '',
    secretSha256,
    createdAt: options.now,
    expiresAt: options.expiresAt,
    revokedAt: undefined,
    lastUsedAt: undefined,
  };
  await store.insertKey(record, KEYS_MAX);
  const aws = { accessKeyId: accessKeyIdOf(id), secretAccessKey: secretAccessKeyOf(secretSha256) };
  return { id, project, name: record.name, expiresAt: record.expiresAt, key, aws };
}

export async function listKeys(store: Store, now: number, project?: string): Promise<KeySummary[]> {
  const records = await store.listKeys(project);
  return records.map(({ id, project, name, createdAt, expiresAt, revokedAt, lastUsedAt }) => {
    const expired = expiresAt !== undefined && now >= expiresAt;
    const state = revokedAt !== undefined ? 'revoked' : expired ? 'expired' : 'live';
    return { id, project, name, state, createdAt, expiresAt, revokedAt, lastUsedAt };
  });
}

/** False when there is no such key or it was revoked before. */
export function revokeKey(store: Store, id: string, now: number): Promise<boolean> {
  return store.revokeKey(id, now);
}
