import type { Cell, Pair } from '../cell.ts';

export type Meeting = Pick<Pair, 'mount' | 'upstream'>;

/** What a table is about: one thing that clients do, tried in every cell, unary and streamed. */
export interface Kind {
  readonly title: string;
  readonly about: string;
  /** Cells that it says something of; absent: all. */
  applies?(meeting: Meeting): boolean;
  /** Rejects where the cell does not do what it should; what keeps it from doing all of it is noted. */
  try(cell: Cell): Promise<void>;
}
