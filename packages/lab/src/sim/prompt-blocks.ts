import { isEvictable } from '@offpeak/core';
import { blockTokens } from '@offpeak/engine';
import { prefixBlockTokens } from '../workload/workload.ts';
import type { LabTicket } from './ticket.ts';

/** Names of a ticket's own blocks leave room for this many of them. */
const BLOCKS_MAX = 2 ** 20;
/** Names that a trace gave are set apart from those of tickets. */
const NAMED = -BLOCKS_MAX;
const BLOCKS_PER_NAME = prefixBlockTokens / blockTokens;

/**
 * What the blocks of a ticket's tokens are called, so that an engine's prefix cache finds them again: shared prefixes by the trace's
 * names, the rest by the ticket, whose resumed run has the same content. A request that neither shares nor resumes needs no names.
 */
export function blockNames({ number, request, tier }: LabTicket): ((index: number) => number) | null {
  const { prefix = [] } = request;
  if (prefix.length === 0 && !isEvictable(tier)) return null;
  return (index) => {
    const name = prefix[Math.floor(index / BLOCKS_PER_NAME)];
    return name === undefined ? number * BLOCKS_MAX + index : NAMED * (name + 1) - (index % BLOCKS_PER_NAME);
  };
}
