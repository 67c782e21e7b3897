import type { LimitDenial } from '@offpeak/core';
import type { Problem } from '@offpeak/dialects';

const DENIAL: LimitDenial = {
  kind: 'tokensPerMinute',
  tier: 'standard',
  limit: 6_000,
  used: 5_800,
  requested: 750,
  retryAfterMs: 5_289,
  never: false,
};

/** One of each kind, with a hint short enough that an SDK may act on it by itself. A kind that is missing does not compile. */
export const PROBLEMS: { readonly [kind in Problem['kind']]: Extract<Problem, { kind: kind }> } = {
  'malformed-json': { kind: 'malformed-json', detail: 'found nothing' },
  'invalid-value': { kind: 'invalid-value', param: 'stream', detail: '"yes" is not allowed here' },
  'invalid-header': { kind: 'invalid-header', header: 'offpeak-max-wait', value: 'soon', allowed: 'a duration' },
  'unknown-tier': { kind: 'unknown-tier', word: 'turbo', allowed: ['auto', 'flex'] },
  'tier-not-allowed': { kind: 'tier-not-allowed', tier: 'priority', maxTier: 'standard' },
  'tier-not-served': { kind: 'tier-not-served', tier: 'batch', what: 'single requests' },
  'malformed-http': { kind: 'malformed-http' },
  'headers-too-large': { kind: 'headers-too-large', limitBytes: 16_384 },
  'headers-timeout': { kind: 'headers-timeout', limitMs: 20_000 },
  'unsupported-media-type': { kind: 'unsupported-media-type', received: 'text/plain' },
  'unknown-path': { kind: 'unknown-path', method: 'POST', path: '/v1/chats' },
  'method-not-allowed': { kind: 'method-not-allowed', method: 'PUT', path: '/v1/models', allowed: 'GET' },
  'unknown-model': { kind: 'unknown-model', model: 'gpt-x', known: ['sim-8b'] },
  unauthenticated: { kind: 'unauthenticated', detail: 'no key' },
  'body-too-large': { kind: 'body-too-large', limitBytes: 1_048_576 },
  'body-timeout': { kind: 'body-timeout', limitMs: 30_000 },
  limited: { kind: 'limited', model: 'sim-8b', project: 'evals', denial: DENIAL },
  'flex-unavailable': { kind: 'flex-unavailable', tier: 'flex', waitedMs: 1_000, retryAfterMs: 2_000 },
  contended: { kind: 'contended', tier: 'standard', waitedMs: 60_000, retryAfterMs: 2_500 },
  'no-capacity': { kind: 'no-capacity', model: 'sim-8b', retryAfterMs: 1_000 },
  'queue-full': { kind: 'queue-full', retryAfterMs: 4_000 },
  'deadline-unreachable': { kind: 'deadline-unreachable', deadlineMs: 5_000, predictedMs: 9_000, retryAfterMs: 3_000 },
  'batch-infeasible': { kind: 'batch-infeasible', retryAfterMs: 40_000 },
  'batch-expired': { kind: 'batch-expired', waitedMs: 3_600_000, retryAfterMs: 40_000 },
  'too-large-for-model': { kind: 'too-large-for-model', tokens: 9_000, model: 'sim-8b' },
  'rejected-by-engine': {
    kind: 'rejected-by-engine',
    status: 400,
    message: 'temperature is out of range',
    param: null,
  },
  'upstream-failed': { kind: 'upstream-failed', upstream: 'gpu-a', detail: 'the connection broke' },
  'upstream-timeout': { kind: 'upstream-timeout', upstream: 'gpu-a', limitMs: 120_000 },
  draining: { kind: 'draining', retryAfterMs: 1_000 },
  internal: { kind: 'internal' },
};
