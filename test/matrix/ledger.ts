import { expect } from 'vitest';
import type { Row } from '../e2e/books.ts';
import type { Booked } from './cell.ts';

/** What the ledger has otherwise than it should; null where it is as it should be. */
export function misbooked(booked: readonly Booked[], rows: readonly Row[]): unknown {
  try {
    for (const { id, row } of booked) {
      const found = rows.find((one) => one.id === id);
      expect(found, `the ledger's row of ${id}`).toMatchObject(row);
    }
    return null;
  } catch (error) {
    return error;
  }
}
