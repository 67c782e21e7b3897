import { isEvictable } from '@offpeak/core';
import type { Failure, Problem, RequestFacts } from '@offpeak/dialects';
import type { Refusal } from '../desk.ts';
import type { RunEnd } from '../runs/run-end.ts';
import type { Receipt } from './receipt.ts';

/** Why the scheduler turned a ticket away, as the client is told. */
export function problemOfRefusal(refusal: Refusal, receipt: Receipt, facts: RequestFacts): Problem {
  const { tier, retryAfterMs } = refusal;
  // Over all its waits: an engine may have turned it away in between.
  const waitedMs = receipt.waitMs;
  switch (refusal.reason) {
    case 'limited':
      return limitedProblem(refusal, receipt);
    case 'too-large':
      if (refusal.limit !== undefined) return limitedProblem(refusal, receipt);
      return { kind: 'too-large-for-model', tokens: facts.inputTokens + (facts.maxTokens ?? 0), model: receipt.model };
    case 'queue-full':
      return { kind: 'queue-full', retryAfterMs };
    case 'contended':
      return isEvictable(tier)
        ? { kind: 'flex-unavailable', tier, waitedMs, retryAfterMs }
        : { kind: 'contended', tier, waitedMs, retryAfterMs };
    case 'infeasible':
      return { kind: 'batch-infeasible', retryAfterMs };
    case 'expired':
      return { kind: 'batch-expired', waitedMs, retryAfterMs };
    case 'no-capacity':
      // Flex says that it is unavailable in its own words whatever the reason: clients handle that one answer.
      return isEvictable(tier)
        ? { kind: 'flex-unavailable', tier, waitedMs, retryAfterMs }
        : { kind: 'no-capacity', model: receipt.model, retryAfterMs };
  }
}

function limitedProblem(refusal: Refusal, receipt: Receipt): Problem {
  if (refusal.limit === undefined) throw new Error('a ticket was refused by limits without saying which');
  return {
    kind: 'limited',
    model: receipt.model,
    project: receipt.identity.project,
    denial: refusal.limit,
  };
}

/** How the last run ended, as the client is told. Upstreams are named; nothing else of them is. */
export function problemOfEnd(end: RunEnd | null, receipt: Receipt): Problem {
  const upstream = receipt.upstream ?? 'the engine';
  if (end === null) return { kind: 'internal' };
  switch (end.kind) {
    case 'rejected': {
      const { status, message, param, code } = end;
      return { kind: 'rejected-by-engine', status, message, param, ...(code === undefined ? {} : { code }) };
    }
    case 'lost':
      if (end.timeoutMs !== undefined) return { kind: 'upstream-timeout', upstream, limitMs: end.timeoutMs };
      return { kind: 'upstream-failed', upstream, detail: end.detail };
    case 'bounced':
      return problemOfBounce(end, upstream) ?? { kind: 'upstream-failed', upstream, detail: end.detail };
    case 'unusable':
      return { kind: 'upstream-failed', upstream, detail: end.detail };
  }
}

/** A refusal by a provider that no wait would have cured; null where waiting might have. */
export function problemOfBounce(end: RunEnd | null, upstream: string): Problem | null {
  return end?.kind === 'bounced' && end.failure !== undefined ? problemOfAccount(end.failure, upstream) : null;
}

/** What is wrong with the account at a provider; null where it is something else. */
export function problemOfAccount(failure: Failure, upstream: string): Problem | null {
  switch (failure.kind) {
    case 'credentials':
      return { kind: 'upstream-credentials', upstream };
    case 'exhausted':
      return { kind: 'upstream-exhausted', upstream, detail: failure.code ?? 'its quota is used up' };
    default:
      return null;
  }
}
