const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * A duration as Go prints it, which is how OpenAI's and Groq's headers and messages tell one: `4ms`, `7.66s`, `6m0s`, `1h0m0s`.
 * Rounded up to whole milliseconds: whoever waits that long must not come early.
 */
export function goDuration(durationMs: number): string {
  const ms = Math.max(0, Math.ceil(durationMs));
  if (ms === 0) return '0s';
  if (ms < SECOND_MS) return `${ms}ms`;
  const hours = Math.floor(ms / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  const seconds = `${(ms % MINUTE_MS) / SECOND_MS}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  m: MINUTE_MS,
  s: SECOND_MS,
  ms: 1,
  us: 0.001,
  µs: 0.001,
};

/** What such a text means in milliseconds, or undefined where it is none. */
export function goDurationMs(text: string): number | undefined {
  if (!/^(\d{1,12}(\.\d{1,12})?(h|ms|m|us|µs|s))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(h|ms|m|us|µs|s)/g)) ms += Number(count) * UNIT_MS[unit!]!;
  return ms;
}
