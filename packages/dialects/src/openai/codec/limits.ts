import type { LimitLeft, LimitReading } from '../../canonical/answer.ts';
import type { WireHeaders } from '../../codec.ts';
import { goDurationMs } from '../../words/duration.ts';

/** `x-ratelimit-*`. Their windows differ: a minute at OpenAI; a day of requests and a minute of tokens at Groq. The reset tells. */
export function readChatLimits(headers: WireHeaders): LimitReading | null {
  const requests = limitLeft(headers, 'requests');
  const tokens = limitLeft(headers, 'tokens');
  if (requests === null && tokens === null) return null;
  return { ...(requests === null ? {} : { requests }), ...(tokens === null ? {} : { tokens }) };
}

function limitLeft(headers: WireHeaders, what: 'requests' | 'tokens'): LimitLeft | null {
  const remaining = countOf(headers[`x-ratelimit-remaining-${what}`]);
  const resetsInMs = goDurationMs(headers[`x-ratelimit-reset-${what}`] ?? '');
  if (remaining === undefined || resetsInMs === undefined) return null;
  const limit = countOf(headers[`x-ratelimit-limit-${what}`]);
  return { ...(limit === undefined ? {} : { limit }), remaining, resetsInMs };
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
