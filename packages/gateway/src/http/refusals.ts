import { isEvictable } from '@offpeak/core';
import type { Problem, RequestFacts } from '@offpeak/dialects';
import type { Refusal } from '../desk.ts';
import type { RunEnd } from '../runs/engine-run.ts';
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
      const { message, param } = rejectionOf(end.body);
      return { kind: 'rejected-by-engine', status: end.status, message, param };
    }
    case 'lost':
      if (end.timeoutMs !== undefined) return { kind: 'upstream-timeout', upstream, limitMs: end.timeoutMs };
      return { kind: 'upstream-failed', upstream, detail: end.detail };
    case 'bounced':
    case 'unusable':
      return { kind: 'upstream-failed', upstream, detail: end.detail };
  }
}

/** An engine's page-long message helps nobody. */
const MESSAGE_CHARS_MAX = 2_000;

/** Engines put the message inside `error`, beside `object: "error"`, or write plain text. */
function rejectionOf(body: Buffer): { message: string; param: string | null } {
  const text = body.toString('utf8');
  let message = text;
  let param: string | null = null;
  try {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const inner = typeof parsed['error'] === 'object' && parsed['error'] !== null ? parsed['error'] : parsed;
    const { message: said, param: named } = inner as Record<string, unknown>;
    if (typeof said === 'string') message = said;
    else if (typeof parsed['error'] === 'string') message = parsed['error'];
    if (typeof named === 'string') param = named;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return { message: message.slice(0, MESSAGE_CHARS_MAX), param };
}
