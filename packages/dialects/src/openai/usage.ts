import type { Usage } from '../dialect.ts';
import { withExtras } from '../extras.ts';

/** Token counts of an OpenAI-shaped `usage` object, or null when there is none to read. */
export function usageOf(raw: unknown): Usage | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const usage = raw as Record<string, unknown>;
  const input = count(usage['prompt_tokens']);
  if (input === null) return null;
  const { prompt_tokens_details: read, completion_tokens_details: written } = usage;
  const cacheWrite = count(detail(read, 'cache_write_tokens')) ?? 0;
  const counted = {
    input,
    cachedInput: count(detail(read, 'cached_tokens')) ?? 0,
    output: count(usage['completion_tokens']) ?? 0,
    reasoning: count(detail(written, 'reasoning_tokens')) ?? 0,
    ...(cacheWrite === 0 ? {} : { cacheWrite }),
  };
  return isSome(detail(read, 'audio_tokens')) || isSome(detail(written, 'audio_tokens'))
    ? withExtras(counted, ['media'])
    : counted;
}

function isSome(value: unknown): boolean {
  return (count(value) ?? 0) > 0;
}

function detail(group: unknown, name: string): unknown {
  return typeof group === 'object' && group !== null ? (group as Record<string, unknown>)[name] : undefined;
}

/** Engines are not trusted: a negative or fractional count must not reach a bill. */
export function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
