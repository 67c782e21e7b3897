import { expect } from 'vitest';
import type { Answered, Cell } from './cell.ts';
import type { AskedTier } from './mounts/mount.ts';

interface Tiers {
  readonly asked: AskedTier;
  readonly served: AskedTier;
  /** The provider said which. */
  readonly told?: boolean;
}

/**
 * The served tier is the same in the wire's own place, in the header and in the ledger. Where the provider does not say it before its answer
 * begins, the header has what was asked for, and says that nobody has confirmed it.
 */
export function expectServed(cell: Cell, { heard, reply }: Answered, { asked, served, told = true }: Tiers): void {
  const { mount, upstream } = cell.pair;
  const how = told ? upstream.tellsTier[cell.stream ? 'stream' : 'unary'] : 'never';
  const known = how === 'never' ? asked : served;
  const inHeader = how === 'at-once' ? served : asked;
  expect(reply.headers.get('offpeak-requested-tier')).toBe(asked);
  expect(reply.headers.get('offpeak-tier')).toBe(inHeader);
  expect(reply.headers.get('offpeak-tier-verified')).toBe(how === 'at-once' ? null : 'false');
  const word = mount.tierWords[known];
  // Bytes of a provider that says nothing do not either.
  const silent = how === 'never' && mount.name === upstream.wire && mount.tierHeader !== true;
  // Wires that say it in their first words, too, said what was asked for.
  const before = how === 'late' && heard.tiers.length > 1 ? [mount.tierWords[asked]] : [];
  expect(heard.tiers).toEqual(silent ? [] : [...before, word]);
  cell.book(reply, {
    requested_tier: asked,
    served_tier: known,
    why: known === asked ? 'asked' : 'downgrade',
    tier_verified: how === 'never' ? 0 : 1,
    outcome: 'completed',
    status: 200,
    input_tokens: heard.usage?.input,
    output_tokens: heard.usage?.output,
  });
}
