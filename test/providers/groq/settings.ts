import type { LimitState } from '../limits.ts';
import type { UsageWish } from '../tally.ts';

/** What a test may change at any time; it holds for the requests that come after. */
export interface GroqSettings {
  /** Nothing is written to caches here. */
  usage: Omit<UsageWish, 'cacheWrite'>;
  /** What the answers say of the tier that served them. */
  tier: 'as-asked' | 'downgraded' | 'absent';
  /** What `auto` comes to. */
  auto: 'performance' | 'on_demand' | 'flex';
  /** False: the account has no contract about it. */
  performance: boolean;
  /** Whether chunks tell the tier; the SDK's types have no place for it there. */
  tierInChunks: boolean;
  /**
   * Whether `stream_options` is taken. The SDK's types do not have it, and the API was seen to refuse it in 2024; in 2025 others sent it
   * without being told of an error.
   */
  streamOptions: boolean;
  /** Null: the headers are not sent. Requests are counted by the day, tokens by the minute. */
  limits: { readonly requests: LimitState; readonly tokens: LimitState } | null;
}

export function groqSettings(): GroqSettings {
  return {
    usage: {},
    tier: 'as-asked',
    auto: 'on_demand',
    performance: true,
    tierInChunks: false,
    streamOptions: false,
    limits: {
      requests: { limit: 14_400, remaining: 14_370, resetMs: 179_560 },
      tokens: { limit: 18_000, remaining: 17_997, resetMs: 7_660 },
    },
  };
}

export function servedWord(asked: string | null | undefined, { tier, auto }: GroqSettings): string | undefined {
  if (tier === 'absent') return undefined;
  if (tier === 'downgraded' || asked === undefined || asked === null) return 'on_demand';
  return asked === 'auto' ? auto : asked;
}
