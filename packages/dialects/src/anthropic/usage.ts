import type { Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/** What was counted so far. A stream tells the prompt first and the answer last, or all at the end. */
export interface Counts {
  readonly fresh?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly output?: number;
  readonly thinking?: number;
}

/** Newer counts on top of those before; each is of the whole answer, and what is left out or null stays as it was. */
export function readCounts(raw: unknown, before: Counts = {}): Counts {
  if (!isObject(raw)) return before;
  const details = raw['output_tokens_details'];
  return {
    ...before,
    ...named('fresh', raw['input_tokens']),
    ...named('cacheRead', raw['cache_read_input_tokens']),
    ...named('cacheWrite', raw['cache_creation_input_tokens']),
    ...named('output', raw['output_tokens']),
    ...(isObject(details) ? named('thinking', details['thinking_tokens']) : {}),
  };
}

/** Upstreams are not trusted: a negative or fractional count must not reach a bill. */
function named(name: keyof Counts, value: unknown): Counts {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? { [name]: value } : {};
}

/** Null while the prompt was not counted. What was read from a cache or written to one is not in `input_tokens`. */
export function usageOf({ fresh, cacheRead = 0, cacheWrite = 0, output = 0, thinking = 0 }: Counts): Usage | null {
  if (fresh === undefined) return null;
  return {
    input: fresh + cacheRead + cacheWrite,
    cachedInput: cacheRead,
    output,
    reasoning: Math.min(thinking, output),
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
  };
}

export function tierWordOf(raw: unknown): string | undefined {
  const word = isObject(raw) ? raw['service_tier'] : undefined;
  return typeof word === 'string' ? word : undefined;
}

/** The counts that `message_delta` repeats. */
export function deltaUsage({ input, cachedInput, cacheWrite = 0, output, reasoning }: Usage): JsonObject {
  return {
    input_tokens: Math.max(0, input - cachedInput - cacheWrite),
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cachedInput,
    output_tokens: output,
    output_tokens_details: reasoning === 0 ? null : { thinking_tokens: reasoning },
    server_tool_use: null,
  };
}

/** All members are there, as the SDK's types have them. How long written caches live is told by Anthropic alone. */
export function messageUsage(usage: Usage, tierWord: string): JsonObject {
  return {
    ...deltaUsage(usage),
    cache_creation: null,
    inference_geo: null,
    service_tier: tierWord,
    speed: null,
  };
}
