import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import type { NewResponse } from '../store.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { ResponseTable } from './responses.ts';

let db: DatabaseSync;
let table: ResponseTable;

const BOUNDS = { answersMax: 2, charsMax: 1_000, putsBetweenLooks: 4, charsBetweenLooks: 400 };

beforeEach(() => {
  db = new DatabaseSync(':memory:');
  migrate(db, 'x', MIGRATIONS);
  table = new ResponseTable(db, BOUNDS);
});

function put(id: string, items: readonly string[], values: Partial<NewResponse> = {}): void {
  table.put({ id, project: 'p', createdAt: 10, expiresAt: 100, kept: { upstream: 'openai' }, items, ...values });
}

function rows(): number {
  return Number(db.prepare('SELECT count(*) AS n FROM response_items').get()!['n']);
}

test('an item is of the project whose answer it is in, and strange to all others', () => {
  put('resp_1', ['msg_1', 'rs_1']);
  put('resp_2', ['msg_2'], { project: 'q' });
  expect(table.strangeItems(['msg_1', 'msg_2', 'rs_1', 'msg_3'], 'p', 50)).toEqual(['msg_2', 'msg_3']);
  expect(table.strangeItems(['msg_1', 'msg_2'], 'q', 50)).toEqual(['msg_1']);
  expect(table.strangeItems([], 'p', 50)).toEqual([]);
});

test('two projects may have items of one name', () => {
  put('resp_1', ['msg_1']);
  put('resp_1', ['msg_1'], { project: 'q' });
  table.delete('resp_1', 'p');
  expect(table.strangeItems(['msg_1'], 'p', 50)).toEqual(['msg_1']);
  expect(table.strangeItems(['msg_1'], 'q', 50)).toEqual([]);
});

test('items go with their answer: deleted, expired, trimmed, or one too many', () => {
  put('resp_1', ['msg_1']);
  expect(table.strangeItems(['msg_1'], 'p', 100)).toEqual(['msg_1']);
  table.delete('resp_1', 'p');
  expect(rows()).toBe(0);
  put('resp_2', ['msg_2', 'rs_2']);
  expect(table.trim(200, 10)).toBe(1);
  expect(rows()).toBe(0);
  for (let at = 0; at < 8; at += 1) put(`resp_${at}`, [`msg_${at}`], { createdAt: at, project: 'q' });
  expect(rows()).toBe(2);
  expect(table.strangeItems(['msg_6', 'msg_7', 'msg_5'], 'q', 50)).toEqual(['msg_5']);
});

test('an answer that is put again has the items of the last time', () => {
  put('resp_1', ['msg_1']);
  put('resp_1', ['msg_1', 'msg_2']);
  expect(table.strangeItems(['msg_1', 'msg_2'], 'p', 50)).toEqual([]);
  table.delete('resp_1', 'p');
  expect(rows()).toBe(0);
});
