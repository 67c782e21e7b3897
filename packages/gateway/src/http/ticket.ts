import type { Continuation, TicketSpec } from '@offpeak/core';
import type { Plan } from '../plans.ts';
import type { Asked } from './asked.ts';
import type { ClientTraits } from './client-traits.ts';
import type { Receipt } from './receipt.ts';
import { silenceOf } from './silence.ts';
import type { Terms } from './terms.ts';
import type { Way } from './ways.ts';

/** What is reserved of limits and KV for an answer whose length the client left open. */
export const OUTPUT_TOKENS_ASSUMED = 1_024;

interface Admitted {
  readonly receipt: Receipt;
  readonly asked: Asked;
  readonly plan: Plan;
  readonly terms: Terms;
  readonly way: Way;
  readonly traits: ClientTraits;
  readonly continuation: Continuation;
  readonly bytes: number;
}

/** What the scheduler is told of a request that enters it at `at`. */
export function ticketOf(
  { receipt, asked, plan, terms, way, traits, continuation, bytes }: Admitted,
  at: number,
): TicketSpec {
  const { facts } = asked;
  const { ladder } = plan;
  const room = Math.max(0, (way.contextTokens ?? Number.POSITIVE_INFINITY) - facts.inputTokens);
  return {
    id: receipt.id,
    project: receipt.identity.project,
    model: receipt.model,
    ladder,
    inputTokens: facts.inputTokens,
    outputTokensMax: Math.min(facts.maxTokens ?? OUTPUT_TOKENS_ASSUMED, room),
    leavesAt: receipt.arrivedAt + traits.totalMs,
    deadlineAt: at + (terms.deadlineMs ?? ladder[0]!.patienceMs),
    continuation,
    silent: silenceOf(asked),
    bytes,
    ...way.restriction,
  };
}
