import type { Usage } from '../../dialect.ts';
import type { JsonObject } from '../accumulate.ts';

export function writeUsage(usage: Usage): JsonObject {
  const written = usage.cacheWrite === undefined ? {} : { cache_write_tokens: usage.cacheWrite };
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cachedInput, ...written },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  };
}
