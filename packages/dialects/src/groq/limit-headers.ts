import type { LimitReport } from '@offpeak/core';
import { limitHeaders } from '../openai/limit-headers.ts';

/** Requests per day and tokens per minute: the same names as OpenAI's, over another window. */
export function groqLimitHeaders(report: LimitReport): Record<string, string> {
  return limitHeaders(report.requestsPerDay ?? report.requestsPerMinute, report.tokensPerMinute ?? report.tokensPerDay);
}
