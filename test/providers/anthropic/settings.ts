import type { LimitState } from '../limits.ts';
import type { UsageWish } from '../tally.ts';

/** What a test may change at any time; it holds for the requests that come after. */
export interface AnthropicSettings {
  usage: UsageWish;
  /** What serves a request that says `auto` or nothing. Null: the answers do not tell. */
  tier: 'standard' | 'priority' | null;
  /** How long prompts are cached that a request writes to the cache. */
  cacheTtl: '5m' | '1h';
  /** How often a model that may search the web does. */
  searches: number;
  /** Null: the headers are not sent. */
  limits: Readonly<Record<'requests' | 'tokens' | 'input-tokens' | 'output-tokens', LimitState>> | null;
  /** Of those who have bought priority capacity. */
  priorityLimits: Readonly<Record<'input-tokens' | 'output-tokens', LimitState>> | null;
}

export function anthropicSettings(): AnthropicSettings {
  return {
    usage: {},
    tier: 'standard',
    cacheTtl: '5m',
    searches: 0,
    limits: {
      requests: { limit: 50, remaining: 49, resetMs: 1_000 },
      tokens: { limit: 38_000, remaining: 37_000, resetMs: 2_000 },
      'input-tokens': { limit: 30_000, remaining: 29_000, resetMs: 2_000 },
      'output-tokens': { limit: 8_000, remaining: 8_000, resetMs: 0 },
    },
    priorityLimits: null,
  };
}

export function limitHeaders({ limits, priorityLimits }: AnthropicSettings): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(limits ?? {}).flatMap(([kind, state]) => headersOf(`anthropic-ratelimit-${kind}`, state)),
    ...Object.entries(priorityLimits ?? {}).flatMap(([kind, state]) => headersOf(`anthropic-priority-${kind}`, state)),
  ]);
}

function headersOf(prefix: string, { limit, remaining, resetMs }: LimitState): [string, string][] {
  const reset = new Date(Date.now() + resetMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return [
    [`${prefix}-limit`, String(limit)],
    // Remainders are told in thousands of tokens, and requests as they are.
    [`${prefix}-remaining`, String(prefix.endsWith('requests') ? remaining : Math.round(remaining / 1000) * 1000)],
    [`${prefix}-reset`, reset],
  ];
}
