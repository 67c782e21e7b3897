import type { LimitReport, LimitState } from '@offpeak/core';
import { goDuration } from '../words/duration.ts';

/** Requests and tokens per minute. Where only a day is limited, its numbers stand in: clients pace themselves by what is left. */
export function openaiLimitHeaders(report: LimitReport): Record<string, string> {
  return limitHeaders(report.requestsPerMinute ?? report.requestsPerDay, report.tokensPerMinute ?? report.tokensPerDay);
}

/** The names are written out, so that the headers of every answer are made by the same steps and none is computed. */
export function limitHeaders(requests: LimitState | undefined, tokens: LimitState | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  if (requests !== undefined) {
    headers['x-ratelimit-limit-requests'] = whole(requests.limit);
    headers['x-ratelimit-remaining-requests'] = whole(requests.remaining);
    headers['x-ratelimit-reset-requests'] = goDuration(requests.resetMs);
  }
  if (tokens !== undefined) {
    headers['x-ratelimit-limit-tokens'] = whole(tokens.limit);
    headers['x-ratelimit-remaining-tokens'] = whole(tokens.remaining);
    headers['x-ratelimit-reset-tokens'] = goDuration(tokens.resetMs);
  }
  return headers;
}

function whole(count: number): string {
  return String(Math.max(0, Math.floor(count)));
}
