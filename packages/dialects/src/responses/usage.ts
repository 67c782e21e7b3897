import type { Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { count } from '../openai/usage.ts';

/** Token counts of a `usage` object of this wire, or null when there is none to read. */
export function responsesUsageOf(raw: unknown): Usage | null {
  if (!isObject(raw)) return null;
  const input = count(raw['input_tokens']);
  if (input === null) return null;
  const read = detailsOf(raw, 'input_tokens_details');
  const cacheWrite = count(read['cache_write_tokens']) ?? 0;
  return {
    input,
    cachedInput: count(read['cached_tokens']) ?? 0,
    output: count(raw['output_tokens']) ?? 0,
    reasoning: count(detailsOf(raw, 'output_tokens_details')['reasoning_tokens']) ?? 0,
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
  };
}

function detailsOf(raw: JsonObject, name: string): JsonObject {
  const details = raw[name];
  return isObject(details) ? details : {};
}

export function writeResponsesUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cachedInput, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}
