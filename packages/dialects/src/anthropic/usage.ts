import type { Extra, Usage } from '../dialect.ts';
import { withExtras } from '../extras.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/** Where no place was named, or none can be. */
const ANYWHERE: ReadonlySet<string> = new Set(['global', 'not_available']);

/** What was counted so far. A stream tells the prompt first and the answer last, or all at the end. */
export interface Counts {
  readonly fresh?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly hourWrite?: number;
  readonly output?: number;
  readonly thinking?: number;
  readonly searches?: number;
  readonly extras?: readonly Extra[];
}

/** Newer counts on top of those before; each is of the whole answer, and what is left out or null stays as it was. */
export function readCounts(raw: unknown, before: Counts = {}): Counts {
  if (!isObject(raw)) return before;
  const { output_tokens_details: details, cache_creation: written, server_tool_use: tools } = raw;
  const extras = joined(before.extras, extrasOf(raw));
  return {
    ...before,
    ...(extras.length === 0 ? {} : { extras }),
    ...(isObject(written) ? named('hourWrite', written['ephemeral_1h_input_tokens']) : {}),
    ...(isObject(tools) ? named('searches', tools['web_search_requests']) : {}),
    ...named('fresh', raw['input_tokens']),
    ...named('cacheRead', raw['cache_read_input_tokens']),
    ...named('cacheWrite', raw['cache_creation_input_tokens']),
    ...named('output', raw['output_tokens']),
    ...(isObject(details) ? named('thinking', details['thinking_tokens']) : {}),
  };
}

/** The container that a message's code ran in is charged by the hour. `told`: the message, or what its end tells. */
export function withContainer(counts: Counts, told: unknown): Counts {
  const isNamed = isObject(told) && isObject(told['container']);
  return isNamed ? { ...counts, extras: joined(counts.extras, ['tools']) } : counts;
}

/** Each once: a stream may repeat them in every one of its counts. */
function joined(before: readonly Extra[] = [], more: readonly Extra[]): readonly Extra[] {
  return [...new Set([...before, ...more])];
}

function extrasOf({ speed, inference_geo: geo, iterations }: JsonObject): readonly Extra[] {
  const extras: Extra[] = [];
  if (speed === 'fast') extras.push('fast');
  if (typeof geo === 'string' && !ANYWHERE.has(geo)) extras.push(geo === 'us' ? 'in-us' : 'elsewhere');
  // Compactions are not in the counts, and what a fallback or an adviser said has the price of another model.
  if (Array.isArray(iterations) && iterations.some((entry) => isObject(entry) && entry['type'] !== 'message')) {
    extras.push('uncounted');
  }
  return extras;
}

/** Upstreams are not trusted: a negative or fractional count must not reach a bill. */
function named(name: Exclude<keyof Counts, 'extras'>, value: unknown): Counts {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? { [name]: value } : {};
}

/** Null while the prompt was not counted. What was read from a cache or written to one is not in `input_tokens`. */
export function usageOf(counts: Counts): Usage | null {
  const {
    fresh,
    cacheRead = 0,
    cacheWrite = 0,
    hourWrite,
    output = 0,
    thinking = 0,
    searches = 0,
    extras = [],
  } = counts;
  if (fresh === undefined) return null;
  const usage = {
    input: fresh + cacheRead + cacheWrite,
    cachedInput: cacheRead,
    output,
    reasoning: Math.min(thinking, output),
    ...(cacheWrite === 0 ? {} : { cacheWrite, ...longOf(hourWrite, cacheWrite) }),
    ...(searches === 0 ? {} : { searches }),
  };
  return withExtras(usage, extras);
}

function longOf(hourWrite: number | undefined, cacheWrite: number): { longCacheWrite?: number } {
  return hourWrite === undefined ? {} : { longCacheWrite: Math.min(hourWrite, cacheWrite) };
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

/** How long written caches live, where the upstream tells it. */
export function cacheCreation({ cacheWrite = 0, longCacheWrite }: Usage): JsonObject | null {
  if (longCacheWrite === undefined) return null;
  return { ephemeral_5m_input_tokens: cacheWrite - longCacheWrite, ephemeral_1h_input_tokens: longCacheWrite };
}

/** All members are there, as the SDK's types have them. */
export function messageUsage(usage: Usage, tierWord: string): JsonObject {
  return {
    ...deltaUsage(usage),
    cache_creation: cacheCreation(usage),
    inference_geo: null,
    service_tier: tierWord,
    speed: null,
  };
}
