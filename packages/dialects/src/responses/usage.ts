import type { Extra, Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { count } from '../openai/usage.ts';

/** Token counts of a `usage` object of this wire, or null when there is none to read. */
export function responsesUsageOf(raw: unknown): Usage | null {
  if (!isObject(raw)) return null;
  const input = count(raw['input_tokens']);
  if (input === null) return null;
  const read = detailsOf(raw, 'input_tokens_details');
  const cacheWrite = count(read['cache_write_tokens']) ?? 0;
  const long = count(detailsOf(read, 'cache_write_tokens_details')['ttl_12h_tokens']);
  return {
    input,
    cachedInput: count(read['cached_tokens']) ?? 0,
    output: count(raw['output_tokens']) ?? 0,
    reasoning: count(detailsOf(raw, 'output_tokens_details')['reasoning_tokens']) ?? 0,
    ...(cacheWrite === 0
      ? {}
      : { cacheWrite, ...(long === null ? {} : { longCacheWrite: Math.min(long, cacheWrite) }) }),
  };
}

/** Items of the answer that tell of a tool at OpenAI which is charged for beside the tokens. */
const CHARGED_ITEMS: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'shell_call',
]);

const CHARGED_WORDS: readonly Buffer[] = [...CHARGED_ITEMS].map((type) => Buffer.from(JSON.stringify(type)));

/** Of an answer that is parsed. */
export function extrasIn(response: JsonObject): readonly Extra[] {
  const { output } = response;
  return Array.isArray(output) && output.some((item) => isObject(item) && CHARGED_ITEMS.has(item['type']))
    ? ['tools']
    : [];
}

/** The same of one that is not: where a word of them stands alone between quotes. */
export function extrasOf(answer: Buffer): readonly Extra[] {
  return CHARGED_WORDS.some((word) => answer.includes(word)) ? ['tools'] : [];
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
