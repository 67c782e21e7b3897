import { expect } from 'vitest';
import type { Cell } from '../cell.ts';
import type { AskedTier } from '../mounts/mount.ts';
import { expectServed } from '../served.ts';
import type { Kind } from './kind.ts';

const TURNS = [{ kind: 'user', text: 'which tier is this' }] as const;

const REASONS = {
  late: (name: string) =>
    `${name} tells the tier at the end of a stream: the headers have what was asked for, and say that it is not verified`,
  never: (name: string) =>
    `${name} does not tell the tier in a stream: what was asked for is told, and that it is not verified`,
};

export const SERVED_TIER: Kind = {
  title: 'Served tier',
  about:
    "Every tier that the provider sells is asked for, comes there in the provider's word, and is told in the mount's own place, in `offpeak-tier` and in the ledger. Then the provider serves priority as standard, and at last it does not say what it served.",
  async try(cell) {
    const { askWords, tellsTier, name } = cell.pair.upstream;
    const how = tellsTier[cell.stream ? 'stream' : 'unary'];
    if (how !== 'at-once') cell.note(REASONS[how](name));
    for (const tier of Object.keys(askWords) as AskedTier[]) await asAsked(cell, tier);
    const { running } = cell.pair;
    try {
      running.serve('downgraded');
      const downgraded = await cell.answer({ turns: TURNS, tier: 'priority' });
      expectServed(cell, downgraded, { asked: 'priority', served: 'standard' });
      running.serve('absent');
      const silent = await cell.answer({ turns: TURNS, tier: 'priority' });
      expectServed(cell, silent, { asked: 'priority', served: 'priority', told: false });
    } finally {
      running.serve('as-asked');
    }
  },
};

async function asAsked(cell: Cell, tier: AskedTier): Promise<void> {
  const { upstream, running } = cell.pair;
  const answered = await cell.answer({ turns: TURNS, tier });
  expect(answered.received.map((request) => running.tierIn(request))).toEqual([upstream.askWords[tier]]);
  expectServed(cell, answered, { asked: tier, served: tier });
}
