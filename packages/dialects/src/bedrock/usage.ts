import type { Extra, Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

const USUAL_TTL = '5m';

/** Bedrock counts what it read from a cache, and wrote to one, apart from the rest of the prompt; thoughts are part of the output. */
export function readUsage(raw: unknown): Usage | null {
  if (!isObject(raw)) return null;
  const fresh = count(raw['inputTokens']);
  if (fresh === null) return null;
  const cachedInput = count(raw['cacheReadInputTokens']) ?? 0;
  const written = count(raw['cacheWriteInputTokens']) ?? 0;
  const long = longIn(raw['cacheDetails']);
  return {
    input: fresh + cachedInput + written,
    cachedInput,
    output: count(raw['outputTokens']) ?? 0,
    reasoning: 0,
    ...(written > 0
      ? { cacheWrite: written, ...(long === null ? {} : { longCacheWrite: Math.min(long, written) }) }
      : {}),
  };
}

/** How much of what was written is kept for longer than the usual five minutes; null where that is not told. */
function longIn(details: unknown): number | null {
  if (!Array.isArray(details) || details.length === 0) return null;
  return details.reduce<number>((sum, detail: unknown) => {
    const isLong = isObject(detail) && detail['ttl'] !== USUAL_TTL;
    return sum + (isLong ? (count(detail['inputTokens']) ?? 0) : 0);
  }, 0);
}

export function writeUsage(usage: Usage): JsonObject {
  const written = usage.cacheWrite ?? 0;
  return {
    inputTokens: Math.max(0, usage.input - usage.cachedInput - written),
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: usage.cachedInput,
    cacheWriteInputTokens: written,
    ...(usage.longCacheWrite === undefined ? {} : { cacheDetails: detailsOf(written, usage.longCacheWrite) }),
  };
}

/** The longest first, and only what there is. */
function detailsOf(written: number, long: number): JsonObject[] {
  const details = [
    { ttl: '1h', inputTokens: long },
    { ttl: USUAL_TTL, inputTokens: written - long },
  ];
  return details.filter(({ inputTokens }) => inputTokens > 0);
}

/** What an answer, or the last event of a stream, tells of charges beside its tokens. A router answers with a model of its own choice. */
export function readExtras(performanceConfig: unknown, trace: unknown): readonly Extra[] {
  const told = isObject(trace) ? trace : {};
  return [
    ...(isObject(performanceConfig) && performanceConfig['latency'] === 'optimized' ? (['fast'] as const) : []),
    ...(isObject(told['guardrail']) ? (['tools'] as const) : []),
    ...(isObject(told['promptRouter']) ? (['uncounted'] as const) : []),
  ];
}

/** Upstreams are not trusted: a negative or fractional count must not reach a bill. */
function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
