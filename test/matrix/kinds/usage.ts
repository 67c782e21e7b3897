import { expect } from 'vitest';
import type { Count, HeardUsage } from '../mounts/mount.ts';
import type { Kind } from './kind.ts';

const INPUT = 100;
const VISIBLE = 7;
const COUNTS: Readonly<Record<Count, number>> = { cached: 40, cacheWrite: 20, reasoning: 5 };
const COLUMNS: Readonly<Record<Count, string>> = {
  cached: 'cached_input_tokens',
  cacheWrite: 'cache_write_tokens',
  reasoning: 'reasoning_tokens',
};
const NAMES: Readonly<Record<Count, string>> = {
  cached: 'tokens from a cache',
  cacheWrite: 'tokens written to a cache',
  reasoning: 'tokens of reasoning',
};

export const USAGE: Kind = {
  title: 'Usage',
  about:
    'Tokens that were read from a cache, written to one, or spent on reasoning arrive in the places that the wire has for them, and in the ledger.',
  async try(cell) {
    const { mount, upstream, running } = cell.pair;
    const told = Object.fromEntries(upstream.counts.map((count) => [count, COUNTS[count]])) as Partial<
      Record<Count, number>
    >;
    running.wish({ input: INPUT, output: VISIBLE, ...told });
    try {
      const { heard, reply } = await cell.answer({ turns: [{ kind: 'user', text: 'count' }] });
      const output = VISIBLE + (told.reasoning ?? 0);
      const expected: HeardUsage = { input: INPUT, output, ...inPlaces(mount.counts, told) };
      expect(heard.usage).toEqual(expected);
      cell.book(reply, {
        input_tokens: INPUT,
        output_tokens: output,
        ...Object.fromEntries((Object.keys(COUNTS) as Count[]).map((count) => [COLUMNS[count], told[count] ?? 0])),
      });
    } finally {
      running.wish({});
    }
    for (const count of Object.keys(COUNTS) as Count[]) {
      if (told[count] === undefined) cell.note(`the provider does not tell ${NAMES[count]}`);
      else if (!mount.counts.includes(count)) cell.note(`the mount's wire has no place for ${NAMES[count]}`);
    }
  },
};

function inPlaces(places: readonly Count[], told: Partial<Record<Count, number>>): Partial<Record<Count, number>> {
  return Object.fromEntries(places.map((count) => [count, told[count] ?? 0]));
}
