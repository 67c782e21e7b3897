import type { Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/** Bedrock counts what it read from a cache, and wrote to one, apart from the rest of the prompt; thoughts are part of the output. */
export function readUsage(raw: unknown): Usage | null {
  if (!isObject(raw)) return null;
  const fresh = count(raw['inputTokens']);
  if (fresh === null) return null;
  const cachedInput = count(raw['cacheReadInputTokens']) ?? 0;
  const written = count(raw['cacheWriteInputTokens']) ?? 0;
  return {
    input: fresh + cachedInput + written,
    cachedInput,
    output: count(raw['outputTokens']) ?? 0,
    reasoning: 0,
    ...(written > 0 ? { cacheWrite: written } : {}),
  };
}

export function writeUsage(usage: Usage): JsonObject {
  const written = usage.cacheWrite ?? 0;
  return {
    inputTokens: Math.max(0, usage.input - usage.cachedInput - written),
    outputTokens: usage.output,
    totalTokens: usage.input + usage.output,
    cacheReadInputTokens: usage.cachedInput,
    cacheWriteInputTokens: written,
  };
}

/** Upstreams are not trusted: a negative or fractional count must not reach a bill. */
function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
