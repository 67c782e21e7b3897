import type { LimitLeft, LimitReading } from '../canonical/answer.ts';
import type { WireHeaders } from '../codec.ts';

/** `tokens` is the tightest limit in force; accounts without it are told their input's. */
export function readAnthropicLimits(headers: WireHeaders, wallMs: number): LimitReading | null {
  const requests = limitLeft(headers, 'requests', wallMs);
  const tokens = limitLeft(headers, 'tokens', wallMs) ?? limitLeft(headers, 'input-tokens', wallMs);
  if (requests === null && tokens === null) return null;
  return { ...(requests === null ? {} : { requests }), ...(tokens === null ? {} : { tokens }) };
}

function limitLeft(headers: WireHeaders, what: string, wallMs: number): LimitLeft | null {
  const remaining = countOf(headers[`anthropic-ratelimit-${what}-remaining`]);
  const resetsAt = Date.parse(headers[`anthropic-ratelimit-${what}-reset`] ?? '');
  if (remaining === undefined || Number.isNaN(resetsAt)) return null;
  const limit = countOf(headers[`anthropic-ratelimit-${what}-limit`]);
  return { ...(limit === undefined ? {} : { limit }), remaining, resetsInMs: Math.max(0, resetsAt - wallMs) };
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
