import type { LimitState } from '../limits.ts';
import type { UsageWish } from '../tally.ts';
import { modelCalled } from './models.ts';

/** What a test may change at any time; it holds for the requests that come after. */
export interface OpenAiSettings {
  usage: UsageWish;
  /** What the answers say of the tier that served them. */
  tier: 'as-asked' | 'downgraded' | 'absent';
  /** Whether a model that may search the web does. Of Responses. */
  searches: boolean;
  /** How often a response that is made in the background is told as not ready. */
  backgroundPolls: number;
  /** Null: the headers are not sent. */
  limits: { readonly requests: LimitState; readonly tokens: LimitState } | null;
}

export function openAiSettings(): OpenAiSettings {
  return {
    usage: {},
    tier: 'as-asked',
    searches: false,
    backgroundPolls: 1,
    limits: {
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 30_000, remaining: 29_000, resetMs: 2_000 },
    },
  };
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
