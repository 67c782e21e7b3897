import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ledgerRow } from '../../ledger/testing/row.ts';
import { ResponseTable } from './responses.ts';
import { KeyLimitError, type KeyRecord, type Store, type StoredResponse } from '../store.ts';
import { LedgerTable } from './ledger.ts';
import { migrate, SchemaTooNewError } from './migrate.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { DATABASE_FILE, openSqliteStore } from './open.ts';

let folder: string;
let data: string;
const open: Store[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offpeak-store-'));
  data = join(folder, 'data');
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true });
});

function openStore(busyMs = 2_000): Store {
  const store = openSqliteStore(data, { busyMs });
  open.push(store);
  return store;
}

function key(id: string, values: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id,
    project: 'p',
    name: '',
    secretSha256: new Uint8Array(32).fill(7),
    createdAt: 1,
    expiresAt: undefined,
    revokedAt: undefined,
    lastUsedAt: undefined,
    ...values,
  };
}

function response(id: string, values: Partial<StoredResponse> = {}): StoredResponse {
  const kept = { answer: '{"id":"resp_1"}', input: '[]' };
  return { id, project: 'p', createdAt: 10, expiresAt: 100, kept, ...values };
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe('opening', () => {
  test('only the owner can read the folder and its files', async () => {
    const store = openStore();
    await store.appendLedger([ledgerRow('a')]);
    expect(mode(data)).toBe('700');
    for (const suffix of ['', '-wal', '-shm']) expect(mode(join(data, DATABASE_FILE + suffix))).toBe('600');
  });

  test('a database of a newer schema is refused and left alone', () => {
    openStore();
    const db = new DatabaseSync(join(data, DATABASE_FILE));
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    expect(() => openStore()).toThrow(SchemaTooNewError);
    const known = MIGRATIONS.length;
    expect(() => openStore()).toThrow(
      `offpeak.db has schema version ${known + 1}, and this build knows versions up to ${known}`,
    );
  });

  test('a file that is no database is refused', () => {
    openStore();
    const other = join(folder, 'other');
    openSqliteStore(other).close();
    writeFileSync(
      join(other, DATABASE_FILE),
      'this is not a database, but it is long enough to be looked at'.repeat(100),
    );
    expect(() => openSqliteStore(other)).toThrow(/not a database/);
  });

  test('migrations run once each, in order, and all or nothing', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, 'x', ['CREATE TABLE a (x)']);
    migrate(db, 'x', ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']);
    expect(() => migrate(db, 'x', ['', '', 'CREATE TABLE c (x)', 'nonsense'])).toThrow(/nonsense/);
    expect(db.prepare('SELECT name FROM sqlite_master ORDER BY name').all()).toMatchObject([
      { name: 'a' },
      { name: 'b' },
    ]);
    expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 2 });
    db.close();
  });

  test('a database of the first version is brought up to date, and its rows stay', async () => {
    mkdirSync(data);
    const old = new DatabaseSync(join(data, DATABASE_FILE));
    migrate(old, 'x', MIGRATIONS.slice(0, 1));
    old.exec(`
      INSERT INTO projects VALUES ('p', 1);
      INSERT INTO keys VALUES ('k1', 'p', 'ci', zeroblob(32), 2, NULL, NULL, 3);
      INSERT INTO ledger VALUES ('r1', 5, 'p', 'k1', 'groq', 'chat', 'm', 'gpu', 'llama', 'auto', 'flex', 'spilled', 'completed',
        200, 1, 9, 4, 7, 2, 1, 30, 40, 50, 1, 60, 120)`);
    old.close();
    const store = openStore();
    expect(await store.listKeys()).toMatchObject([{ id: 'k1', name: 'ci', lastUsedAt: 3 }]);
    expect(await store.usage({ by: ['tier', 'model'] })).toMatchObject([
      { tier: 'flex', model: 'm', requests: 1, inputTokens: 9, wastedTokens: 1, costNanoUsd: 60, savedNanoUsd: 60 },
    ]);
    const db = new DatabaseSync(join(data, DATABASE_FILE));
    expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: MIGRATIONS.length });
    // What nobody wrote down then: engines charge for no cache, and serve the tier that they are told.
    expect(db.prepare('SELECT cache_write_tokens, tier_verified FROM ledger').all()).toMatchObject([
      { cache_write_tokens: 0, tier_verified: 1 },
    ]);
    db.close();
    expect(await store.appendLedger([ledgerRow('r1'), ledgerRow('r2')])).toMatchObject({ duplicates: ['r1'] });
    await store.putResponse(response('a'));
    expect(await store.getResponse('a', 'p', 50)).toEqual(response('a'));
  });

  test('what was written is there after closing', async () => {
    const first = openSqliteStore(data);
    await first.appendLedger([ledgerRow('a')]);
    await first.close();
    expect(await openStore().usage({ by: [] })).toMatchObject([{ requests: 1 }]);
  });
});

describe('projects and keys', () => {
  test('a key makes its project, and every change is a revision that the other connection sees', async () => {
    const gateway = openStore();
    const cli = openStore();
    const revisions = [await gateway.keysRevision()];
    await cli.insertKey(key('k1', { name: 'ci', expiresAt: 99 }), 10);
    revisions.push(await gateway.keysRevision());
    expect(await gateway.listProjects()).toEqual([{ name: 'p', createdAt: 1 }]);
    expect(await gateway.listKeys()).toEqual([key('k1', { name: 'ci', expiresAt: 99 })]);
    expect(await cli.revokeKey('k1', 5)).toBe(true);
    revisions.push(await gateway.keysRevision());
    expect(await gateway.listKeys()).toMatchObject([{ id: 'k1', revokedAt: 5 }]);
    await cli.ensureProjects(['p', 'q'], 6);
    revisions.push(await gateway.keysRevision());
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  test('what changes nothing is no revision', async () => {
    const store = openStore();
    await store.insertKey(key('k1'), 10);
    const before = await store.keysRevision();
    await store.ensureProjects(['p'], 7);
    expect(await store.revokeKey('other', 7)).toBe(false);
    await store.touchKeys([{ id: 'k1', usedAt: 7 }]);
    expect(await store.keysRevision()).toBe(before);
  });

  test('a key is revoked once', async () => {
    const store = openStore();
    await store.insertKey(key('k1'), 10);
    expect([await store.revokeKey('k1', 5), await store.revokeKey('k1', 6)]).toEqual([true, false]);
    expect(await store.listKeys()).toMatchObject([{ revokedAt: 5 }]);
  });

  test('last use only moves forward', async () => {
    const store = openStore();
    await store.insertKey(key('k1'), 10);
    await store.touchKeys([
      { id: 'k1', usedAt: 50 },
      { id: 'gone', usedAt: 1 },
    ]);
    await store.touchKeys([{ id: 'k1', usedAt: 40 }]);
    expect(await store.listKeys('p')).toMatchObject([{ lastUsedAt: 50 }]);
    expect(await store.listKeys('q')).toEqual([]);
  });

  test('live keys are bounded', async () => {
    const store = openStore();
    await store.insertKey(key('k1'), 2);
    await store.insertKey(key('k2'), 2);
    await expect(store.insertKey(key('k3'), 2)).rejects.toThrow(KeyLimitError);
    await store.revokeKey('k1', 3);
    await store.insertKey(key('k3'), 2);
    expect((await store.listKeys()).map(({ id }) => id)).toEqual(['k1', 'k2', 'k3']);
  });
});

describe('the ledger', () => {
  test('an id is written once: the first row stays, the others are named', async () => {
    const store = openStore();
    await store.appendLedger([ledgerRow('a', { costNanoUsd: 5 })]);
    const result = await store.appendLedger([ledgerRow('a', { costNanoUsd: 9 }), ledgerRow('b'), ledgerRow('b')]);
    expect(result).toEqual({ written: 1, duplicates: ['a', 'b'], invalid: [] });
    expect(await store.usage({ by: [] })).toMatchObject([{ requests: 2, costNanoUsd: 5 }]);
  });

  test('a row that breaks a rule is named, and the others of its slice are written', async () => {
    const store = openStore();
    const result = await store.appendLedger([
      ledgerRow('a'),
      ledgerRow('b', { outcome: 'refused', costNanoUsd: 1 }),
      ledgerRow('c', { inputTokens: -1 }),
      ledgerRow('d', { costNanoUsd: 0.5 }),
      ledgerRow('e', { outputTokens: NaN }),
      ledgerRow('f', { outcome: 'refused', standardCostNanoUsd: 0 }),
      ledgerRow('g', { cacheWriteTokens: -1 }),
    ]);
    expect(result.written).toBe(2);
    expect(result.invalid.map(({ id }) => id)).toEqual(['b', 'c', 'd', 'e', 'g']);
    expect(result.invalid[0]?.reason).toContain('refused');
  });

  test('what a provider wrote to its cache, and whether it told the tier, stand in the row', async () => {
    const store = openStore();
    await store.appendLedger([ledgerRow('a', { cacheWriteTokens: 7, tierVerified: false }), ledgerRow('b')]);
    const db = new DatabaseSync(join(data, DATABASE_FILE));
    expect(db.prepare('SELECT cache_write_tokens, tier_verified FROM ledger ORDER BY id').all()).toMatchObject([
      { cache_write_tokens: 7, tier_verified: 0 },
      { cache_write_tokens: 0, tier_verified: 1 },
    ]);
    db.close();
  });

  test('whether the cost is all that there is stands in the row, and usage counts those of which it is not', async () => {
    const store = openStore();
    await store.appendLedger([
      ledgerRow('a', { costComplete: false }),
      ledgerRow('b'),
      ledgerRow('c', { servedTier: 'standard' }),
    ]);
    const db = new DatabaseSync(join(data, DATABASE_FILE));
    expect(
      db
        .prepare('SELECT cost_complete FROM ledger ORDER BY id')
        .all()
        .map((row) => row['cost_complete']),
    ).toEqual([0, 1, 1]);
    db.close();
    expect(await store.usage({ by: ['tier'] })).toMatchObject([
      { tier: 'flex', requests: 2, incompleteCosts: 1 },
      { tier: 'standard', requests: 1, incompleteCosts: 0 },
    ]);
  });

  test('usage by each dimension', async () => {
    const store = openStore();
    const day = Date.parse('2026-03-01T00:00:00Z');
    await store.appendLedger([
      ledgerRow('a', {
        at: day,
        costNanoUsd: 50,
        standardCostNanoUsd: 100,
        inputTokens: 7,
        cachedInputTokens: 2,
        cacheWriteTokens: 3,
      }),
      ledgerRow('b', { at: day - 1, servedTier: 'standard', model: 'm2', costNanoUsd: 100, standardCostNanoUsd: 100 }),
      ledgerRow('c', { at: day, outcome: 'refused', project: 'q' }),
      ledgerRow('d', { at: day, servedTier: 'priority', costNanoUsd: 200, standardCostNanoUsd: 100, evictions: 0 }),
      ledgerRow('e', {
        at: day,
        outcome: 'cancelled',
        evictions: 2,
        wastedTokens: 3,
        outputTokens: 4,
        reasoningTokens: 1,
      }),
      ledgerRow('f', { at: day, outcome: 'failed' }),
    ]);
    expect(await store.usage({ by: ['tier'] })).toMatchObject([
      {
        tier: 'flex',
        requests: 4,
        refused: 1,
        failed: 1,
        cancelled: 1,
        evictions: 2,
        wastedTokens: 3,
        savedNanoUsd: 50,
      },
      { tier: 'priority', requests: 1, savedNanoUsd: -100 },
      { tier: 'standard', requests: 1, savedNanoUsd: 0 },
    ]);
    expect(await store.usage({ by: ['day', 'model'] })).toMatchObject([
      { day: '2026-02-28', model: 'm2', requests: 1 },
      {
        day: '2026-03-01',
        model: 'm',
        requests: 5,
        inputTokens: 7,
        cachedInputTokens: 2,
        cacheWriteTokens: 3,
        outputTokens: 4,
        reasoningTokens: 1,
      },
    ]);
    expect(await store.usage({ by: ['project'], from: day, to: day + 1 })).toMatchObject([
      { project: 'p', requests: 4 },
      { project: 'q', requests: 1, costNanoUsd: 0 },
    ]);
    expect(await store.usage({ by: [], project: 'q' })).toMatchObject([{ requests: 1 }]);
    expect(await store.usage({ by: ['tier'], project: 'nobody' })).toEqual([]);
    expect(await store.usage({ by: [], project: 'nobody' })).toEqual([]);
  });

  test('sums of more than nine million dollars', async () => {
    const store = openStore();
    await store.appendLedger([1, 2, 3].map((n) => ledgerRow(`r${n}`, { costNanoUsd: 2 ** 52 })));
    expect(await store.usage({ by: [] })).toMatchObject([{ costNanoUsd: 3 * 2 ** 52 }]);
  });

  test('trimming takes the oldest, at most so many', async () => {
    const store = openStore();
    await store.appendLedger([5, 1, 4, 2, 3].map((at) => ledgerRow(`r${at}`, { at })));
    expect(await store.trimLedger(4, 2)).toBe(2);
    expect(await store.usage({ by: [], from: 0, to: 3 })).toEqual([]);
    expect(await store.trimLedger(4, 2)).toBe(1);
    expect(await store.trimLedger(4, 2)).toBe(0);
    expect(await store.usage({ by: [] })).toMatchObject([{ requests: 2 }]);
  });

  test('a full disk writes nothing of the slice, and the next slice may come', () => {
    const db = new DatabaseSync(join(folder, 'full.db'));
    migrate(db, 'full.db', MIGRATIONS);
    const ledger = new LedgerTable(db);
    const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
    db.exec(`PRAGMA max_page_count = ${pages}`);
    const rows = Array.from({ length: 200 }, (_, index) => ledgerRow(`r${index}`));
    expect(() => ledger.append(rows)).toThrow(/full/);
    expect(ledger.usage({ by: [] })).toEqual([]);
    db.exec(`PRAGMA max_page_count = ${pages + 100}`);
    expect(ledger.append(rows).written).toBe(200);
    db.close();
  });

  test('a write that finds the database busy rejects, and is whole when tried again', async () => {
    const store = openStore(0);
    const other = new DatabaseSync(join(data, DATABASE_FILE));
    other.exec('BEGIN IMMEDIATE');
    await expect(store.appendLedger([ledgerRow('a')])).rejects.toThrow(/locked/);
    other.exec('COMMIT');
    other.close();
    expect(await store.appendLedger([ledgerRow('a')])).toMatchObject({ written: 1 });
  });
});

describe('stored answers', () => {
  test('one comes back as it was put, until it is deleted', async () => {
    const store = openStore();
    const here = response('here', { kept: { answer: '{"output":["\u2028"]}', input: '[{"role":"user"}]' } });
    const there = response('there', { kept: { upstream: 'openai' } });
    await store.putResponse(here);
    await store.putResponse(there);
    expect(await store.getResponse('here', 'p', 50)).toEqual(here);
    expect(await store.getResponse('there', 'p', 50)).toEqual(there);
    expect(await store.getResponse('nowhere', 'p', 50)).toBeUndefined();
    expect([await store.deleteResponse('here', 'p'), await store.deleteResponse('here', 'p')]).toEqual([true, false]);
    expect(await store.getResponse('here', 'p', 50)).toBeUndefined();
    expect(await store.getResponse('there', 'p', 50)).toEqual(there);
  });

  describe('a project keeps its newest ones', () => {
    const bounds = { answersMax: 10, charsMax: 1_000, putsBetweenLooks: 4, charsBetweenLooks: 400 };

    function kept(table: ResponseTable, project: string): string[] {
      const ids = Array.from({ length: 40 }, (_, at) => `r${at}`);
      return ids.filter((id) => table.get(id, project, 50) !== undefined);
    }

    function migrated(): DatabaseSync {
      const db = new DatabaseSync(':memory:');
      migrate(db, 'x', MIGRATIONS);
      return db;
    }

    test('by number', () => {
      const table = new ResponseTable(migrated(), bounds);
      table.put(response('r0', { project: 'q' }));
      for (let at = 0; at < 40; at += 1) table.put(response(`r${at}`, { createdAt: at }));
      expect(kept(table, 'p')).toEqual(Array.from({ length: 10 }, (_, at) => `r${at + 30}`));
      expect(kept(table, 'q')).toEqual(['r0']);
    });

    test('by their characters together', () => {
      const table = new ResponseTable(migrated(), bounds);
      const input = JSON.stringify('x'.repeat(300));
      for (let at = 0; at < 8; at += 1) {
        table.put(response(`r${at}`, { createdAt: at, kept: { answer: '{"id":"resp_1"}', input } }));
      }
      expect(kept(table, 'p')).toEqual(['r5', 'r6', 'r7']);
    });
  });

  test('an id that is put again is replaced', async () => {
    const store = openStore();
    await store.putResponse(response('a'));
    await store.putResponse(response('a', { expiresAt: 200, kept: { upstream: 'openai' } }));
    expect(await store.getResponse('a', 'p', 150)).toEqual(
      response('a', { expiresAt: 200, kept: { upstream: 'openai' } }),
    );
  });

  test("no project sees, deletes or replaces what is another one's", async () => {
    const store = openStore();
    await store.putResponse(response('a'));
    expect(await store.getResponse('a', 'q', 50)).toBeUndefined();
    expect(await store.deleteResponse('a', 'q')).toBe(false);
    const its = response('a', { project: 'q', kept: { upstream: 'openai' } });
    await store.putResponse(its);
    expect(await store.getResponse('a', 'p', 50)).toEqual(response('a'));
    expect(await store.deleteResponse('a', 'p')).toBe(true);
    expect(await store.getResponse('a', 'q', 50)).toEqual(its);
  });

  test('one that has expired is gone before it is trimmed', async () => {
    const store = openStore();
    await store.putResponse(response('a', { expiresAt: 100 }));
    expect(await store.getResponse('a', 'p', 99.4)).toBeDefined();
    expect(await store.getResponse('a', 'p', 100)).toBeUndefined();
  });

  test('trimming takes what expired first, at most so many, of all projects', async () => {
    const store = openStore();
    const rows = [50, 10, 40, 20, 30].map((expiresAt, index) =>
      response(`r${expiresAt}`, { expiresAt, project: index % 2 === 0 ? 'p' : 'q' }),
    );
    for (const row of rows) await store.putResponse(row);
    expect(await store.trimResponses(40, 3)).toBe(3);
    expect(await store.getResponse('r40', 'p', 0)).toBeDefined();
    expect(await store.trimResponses(40, 3)).toBe(1);
    expect(await store.trimResponses(40, 3)).toBe(0);
    const left = await Promise.all(rows.map(({ id, project }) => store.getResponse(id, project, 0)));
    expect(left.filter((row) => row !== undefined).map(({ id }) => id)).toEqual(['r50']);
  });

  test('a row that says neither who keeps it nor what it is, or both, cannot be written', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db, 'x', MIGRATIONS);
    const insert = db.prepare("INSERT INTO responses VALUES ('p', 'a', 1, 2, ?, ?, ?, 0)");
    expect(() => insert.run(null, null, null)).toThrow(/CHECK/);
    expect(() => insert.run('openai', '{}', '[]')).toThrow(/CHECK/);
    expect(() => insert.run(null, '{}', null)).toThrow(/CHECK/);
    db.close();
  });
});
