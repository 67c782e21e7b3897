import type { LimitReport, LimitState } from '@offpeak/core';
import { goDuration } from '../words/duration.ts';

/** Requests and tokens per minute. Where only a day is limited, its numbers stand in: clients pace themselves by what is left. */
export function openaiLimitHeaders(report: LimitReport): Record<string, string> {
  return {
    ...limitHeaders('requests', report.requestsPerMinute ?? report.requestsPerDay),
    ...limitHeaders('tokens', report.tokensPerMinute ?? report.tokensPerDay),
  };
}

export function limitHeaders(what: 'requests' | 'tokens', state: LimitState | undefined): Record<string, string> {
  if (state === undefined) return {};
  return {
    [`x-ratelimit-limit-${what}`]: String(Math.floor(state.limit)),
    [`x-ratelimit-remaining-${what}`]: String(Math.max(0, Math.floor(state.remaining))),
    [`x-ratelimit-reset-${what}`]: goDuration(state.resetMs),
  };
}
