import type { UsageWish } from '../tally.ts';
import { modelCalled } from './models.ts';

export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** What a test may change at any time; it holds for the requests that come after. */
export interface OpenAiSettings {
  usage: UsageWish;
  /** What the answers say of the tier that served them. */
  tier: 'as-asked' | 'downgraded' | 'absent';
  /** Null: the headers are not sent. */
  limits: { readonly requests: LimitState; readonly tokens: LimitState } | null;
}

export function openAiSettings(): OpenAiSettings {
  return {
    usage: {},
    tier: 'as-asked',
    limits: {
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 30_000, remaining: 29_000, resetMs: 2_000 },
    },
  };
}

/** `1s`, `4ms`, `6m0s`, `1h2m3.5s`: as Go writes a duration. */
export function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

export function limitHeaders(limits: OpenAiSettings['limits']): Record<string, string> {
  if (limits === null) return {};
  return Object.fromEntries(
    Object.entries(limits).flatMap(([kind, { limit, remaining, resetMs }]) => [
      [`x-ratelimit-limit-${kind}`, String(limit)],
      [`x-ratelimit-remaining-${kind}`, String(remaining)],
      [`x-ratelimit-reset-${kind}`, goDuration(resetMs)],
    ]),
  );
}

/** The word for the served tier in the answer to a request that said `asked`. */
export function servedWord(
  asked: string | null | undefined,
  model: string,
  { tier }: OpenAiSettings,
): string | undefined {
  if (tier === 'absent') return undefined;
  if (tier === 'downgraded' || asked === undefined || asked === null || asked === 'auto') return 'default';
  return asked === 'priority' || asked === 'fast' ? (modelCalled(model)?.fast ?? 'default') : asked;
}
