import type { LimitReport, LimitState } from '@offpeak/core';

/** Requests and tokens per minute. Where only a day is limited, its numbers stand in: clients pace themselves by what is left. */
export function anthropicLimitHeaders(report: LimitReport, wallMs: number): Record<string, string> {
  const requests = report.requestsPerMinute ?? report.requestsPerDay;
  const tokens = report.tokensPerMinute ?? report.tokensPerDay;
  const headers: Record<string, string> = {};
  if (requests !== undefined) {
    headers['anthropic-ratelimit-requests-limit'] = whole(requests.limit);
    headers['anthropic-ratelimit-requests-remaining'] = whole(requests.remaining);
    headers['anthropic-ratelimit-requests-reset'] = resetAt(requests, wallMs);
  }
  if (tokens !== undefined) {
    headers['anthropic-ratelimit-tokens-limit'] = whole(tokens.limit);
    headers['anthropic-ratelimit-tokens-remaining'] = whole(tokens.remaining);
    headers['anthropic-ratelimit-tokens-reset'] = resetAt(tokens, wallMs);
  }
  return headers;
}

function whole(count: number): string {
  return String(Math.max(0, Math.floor(count)));
}

/** RFC 3339 to the second, rounded up: whoever waits until then must not come early. */
function resetAt(state: LimitState, wallMs: number): string {
  const ms = Math.ceil((wallMs + Math.max(0, state.resetMs)) / 1_000) * 1_000;
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
