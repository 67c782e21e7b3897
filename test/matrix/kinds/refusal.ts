import { expect } from 'vitest';
import { refuse } from '../../providers/fault.ts';
import type { Cell } from '../cell.ts';
import type { Kind } from './kind.ts';

const TURNS = [{ kind: 'user', text: 'is there room' }] as const;
const NO_WAIT = { 'offpeak-max-wait': '0' };

export const REFUSAL: Kind = {
  title: 'No capacity',
  about:
    "The provider has no room for flex, and the client does not wait: it sees its own wire's refusal of flex, is told not to try again by itself, and owes nothing.",
  async try(cell) {
    const { mount, upstream, running } = cell.pair;
    if (upstream.askWords.flex === undefined) {
      await notSold(cell);
      return;
    }
    running.fake.always(refuse(upstream.refusals.full));
    const route = cell.stream ? 'refused-stream' : 'refused';
    const { problem, reply, received } = await cell.refusal({ turns: TURNS, tier: 'flex', headers: NO_WAIT }, route);
    expect({ status: problem.status, word: problem.word }).toEqual(mount.problems['flex-unavailable']);
    expect(problem.message).toContain('not charged');
    expect(reply.headers.get('x-should-retry')).toBe('false');
    expect(received).toHaveLength(1);
    cell.book(reply, {
      requested_tier: 'flex',
      served_tier: 'flex',
      outcome: 'refused',
      status: problem.status,
      input_tokens: 0,
      output_tokens: 0,
      cost_nano_usd: 0,
    });
  },
};

/** Where there is no flex, it is refused by name; what is full then is the standard tier. */
async function notSold(cell: Cell): Promise<void> {
  const { mount, upstream, running } = cell.pair;
  const named = await cell.refusal({ turns: TURNS, tier: 'flex' });
  expect({ status: named.problem.status, word: named.problem.word }).toEqual(mount.problems.unsupported);
  expect(named.problem.message).toContain('no upstream of it has that tier');
  expect(named.received).toEqual([]);
  cell.note(
    `${upstream.name} sells no flex: it is refused by name; without room for standard the mount's own word for that`,
  );
  running.fake.always(refuse(upstream.refusals.full));
  const route = cell.stream ? 'refused-stream' : 'refused';
  const full = await cell.refusal({ turns: TURNS, tier: 'standard', headers: NO_WAIT }, route);
  expect({ status: full.problem.status, word: full.problem.word }).toEqual(mount.problems.contended);
  expect(full.received).toHaveLength(1);
  cell.book(full.reply, { served_tier: 'standard', outcome: 'refused', cost_nano_usd: 0, input_tokens: 0 });
}
