export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** `1s`, `4ms`, `6m0s`, `1h2m3.5s`: as Go writes a duration. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** The headers that OpenAI began with and others took over. */
export function limitHeaders(limits: Readonly<Record<string, LimitState>> | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(limits ?? {}).flatMap(([kind, { limit, remaining, resetMs }]) => [
      [`x-ratelimit-limit-${kind}`, String(limit)],
      [`x-ratelimit-remaining-${kind}`, String(remaining)],
      [`x-ratelimit-reset-${kind}`, goDuration(resetMs)],
    ]),
  );
}
