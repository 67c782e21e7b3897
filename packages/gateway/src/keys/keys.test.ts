import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSqliteStore } from '../store/sqlite/open.ts';
import type { Store } from '../store/store.ts';
import { generateKey, parseKey } from './format.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { KeyRing } from './ring.ts';
import { watchKeys } from './watch.ts';

let folder: string;
let store: Store;
let cli: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offpeak-keys-'));
  store = openSqliteStore(folder);
  cli = openSqliteStore(folder);
});

afterEach(async () => {
  await store.close();
  await cli.close();
  rmSync(folder, { recursive: true });
});

describe('the format', () => {
  test('a key is op_, 12 characters, 43 characters, and no two are the same', () => {
    const keys = Array.from({ length: 100 }, generateKey);
    for (const { id, key } of keys) {
      expect(key).toMatch(/^op_[2-9a-z]{12}_[\w-]{43}$/);
      expect(parseKey(key)).toEqual({ id, secret: key.slice(16) });
    }
    expect(new Set(keys.map(({ key }) => key)).size).toBe(100);
  });

  test('nothing else is a key', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        expect(parseKey(text)).toBeUndefined();
      }),
    );
  });
});

describe('the ring', () => {
  test('lets in who has a key, and nobody else', async () => {
    const { key, id } = await createKey(store, 'evals', { now: 1 });
    const ring = new KeyRing();
    ring.load(await store.listKeys());
    expect(ring.authenticate(key)).toEqual({ project: 'evals', keyId: id });
    const last = key.at(-1) === 'A' ? 'B' : 'A';
    const wrong = [
      '',
      key.slice(0, -1),
      `${key}x`,
      key.slice(0, -1) + last,
      generateKey().key,
      key.toUpperCase(),
      ` ${key}`,
    ];
    for (const token of wrong) expect(ring.authenticate(token)).toBeNull();
  });

  test('any one changed character is refused', async () => {
    const { key } = await createKey(store, 'p', { now: 1 });
    const ring = new KeyRing();
    ring.load(await store.listKeys());
    const changes = fc.tuple(fc.nat({ max: key.length - 1 }), fc.constantFrom(...'ab2_-Z\u0000é'));
    fc.assert(
      fc.property(changes, ([index, letter]) => {
        const other = key.slice(0, index) + letter + key.slice(index + 1);
        expect(ring.authenticate(other) === null).toBe(other !== key);
      }),
    );
  });

  test('an expired key is refused from its moment on', async () => {
    let now = 10;
    const { key } = await createKey(store, 'p', { now, expiresAt: 20 });
    const ring = new KeyRing(() => now);
    ring.load(await store.listKeys());
    now = 19;
    expect(ring.authenticate(key)).not.toBeNull();
    now = 20;
    expect(ring.authenticate(key)).toBeNull();
  });

  test('that all were revoked is not that none was made', async () => {
    const ring = new KeyRing();
    ring.load(await store.listKeys());
    expect(ring.everMade).toBe(false);
    const { id } = await createKey(store, 'p', { now: 1 });
    await revokeKey(store, id, 2);
    ring.load(await store.listKeys());
    expect([ring.size, ring.everMade]).toEqual([0, true]);
  });

  test('uses are taken once, each with its last time, and refusals are none', async () => {
    let now = 1;
    const { key, id } = await createKey(store, 'p', { now });
    const ring = new KeyRing(() => now);
    ring.load(await store.listKeys());
    ring.authenticate(`${key.slice(0, -3)}xyz`);
    expect(ring.takeUsed()).toEqual([]);
    for (now of [5, 6, 7]) ring.authenticate(key);
    expect(ring.takeUsed()).toEqual([{ id, usedAt: 7 }]);
    expect(ring.takeUsed()).toEqual([]);
  });
});

test('the secret is in no file and in no list', async () => {
  const { key, id } = await createKey(store, 'p', { name: 'ci', now: 1 });
  const list = await listKeys(store, 2);
  expect(list).toEqual([
    {
      id,
      project: 'p',
      name: 'ci',
      state: 'live',
      createdAt: 1,
      expiresAt: undefined,
      revokedAt: undefined,
      lastUsedAt: undefined,
    },
  ]);
  const secret = key.slice(16);
  const files = ['offpeak.db', 'offpeak.db-wal'].map((name) => readFileSync(join(folder, name), 'latin1'));
  expect(files.join('')).toContain(id);
  expect(files.join('')).not.toContain(secret);
});

test('the states of a key in a list', async () => {
  const live = await createKey(store, 'p', { now: 1 });
  const expired = await createKey(store, 'p', { now: 2, expiresAt: 5 });
  const revoked = await createKey(store, 'q', { now: 3 });
  expect(await revokeKey(store, revoked.id, 4)).toBe(true);
  expect(await revokeKey(store, 'nothing', 4)).toBe(false);
  expect((await listKeys(store, 5)).map(({ id, state }) => [id, state])).toEqual([
    [live.id, 'live'],
    [expired.id, 'expired'],
    [revoked.id, 'revoked'],
  ]);
  expect(await listKeys(store, 5, 'q')).toHaveLength(1);
});

describe('a gateway and the command line on one database', () => {
  test('what the command line does to keys is seen by the gateway', async () => {
    const ring = new KeyRing();
    const onError = vi.fn();
    const before = await createKey(cli, 'p', { now: 1 });
    const watching = await watchKeys({ store, ring, onError });
    expect(ring.authenticate(before.key)).not.toBeNull();
    const after = await createKey(cli, 'q', { now: 2 });
    expect(ring.authenticate(after.key)).toBeNull();
    await watching.poll();
    expect(ring.authenticate(after.key)).toEqual({ project: 'q', keyId: after.id });
    await revokeKey(cli, before.id, 3);
    await watching.poll();
    expect(ring.authenticate(before.key)).toBeNull();
    await watching.stop();
    expect(onError).not.toHaveBeenCalled();
    expect((await listKeys(cli, 4)).map(({ id, lastUsedAt }) => [id, lastUsedAt !== undefined])).toEqual([
      [before.id, true],
      [after.id, true],
    ]);
  });

  test('it looks by itself', async () => {
    const ring = new KeyRing();
    const watching = await watchKeys({ store, ring, onError: (error) => expect.fail(String(error)) });
    await createKey(cli, 'p', { now: 1 });
    await vi.waitUntil(() => ring.size === 1, { timeout: 20_000 });
    await watching.stop();
  });

  test('a store that fails leaves the known keys in force and is reported', async () => {
    const { key } = await createKey(store, 'p', { now: 1 });
    const ring = new KeyRing();
    const onError = vi.fn();
    const watching = await watchKeys({ store, ring, onError });
    vi.spyOn(store, 'keysRevision').mockRejectedValue(new Error('gone'));
    await watching.poll();
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('gone'));
    expect(ring.authenticate(key)).not.toBeNull();
    await watching.stop();
  });
});
