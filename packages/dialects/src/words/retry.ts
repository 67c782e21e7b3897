/**
 * How long an SDK may be sent to sleep by itself. Every official SDK retries a 429 or 5xx after the `retry-after` that it is
 * given, in silence. openai 7 obeys up to 60 s and comes back within 8 s when told more; openai 6 and groq-sdk obey anything.
 */
export const unattendedRetryMsMax = 60_000;

/** Tells when trying again makes sense, in the two headers that the SDKs read and others know. */
function hint(retryAfterMs: number): Record<string, string> {
  if (!Number.isFinite(retryAfterMs)) return {};
  const ms = Math.max(1, Math.ceil(retryAfterMs));
  return { 'retry-after': String(Math.ceil(ms / 1_000)), 'retry-after-ms': String(ms) };
}

/** The SDK may try again by itself when the wait is short enough to be taken for a slow answer; else its caller decides. */
export function retryAfter(retryAfterMs: number): Record<string, string> {
  const headers = hint(retryAfterMs);
  if (!(retryAfterMs <= unattendedRetryMsMax)) headers['x-should-retry'] = 'false';
  return headers;
}

/**
 * The caller decides, however short the wait. The hint is the true one: an SDK that was told not to retry does not sleep on it,
 * and the caller's own code wants to know.
 */
export function callerRetries(retryAfterMs: number): Record<string, string> {
  return { ...hint(retryAfterMs), 'x-should-retry': 'false' };
}
