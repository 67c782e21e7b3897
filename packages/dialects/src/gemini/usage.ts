import type { Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/**
 * Token counts of a `usageMetadata`, or null where it has none: it may tell the tier alone. What tools of Google's own read is prompt as
 * well, and thoughts are counted beside the answer.
 */
export function readUsage(raw: unknown): Usage | null {
  if (!isObject(raw)) return null;
  const prompt = count(raw['promptTokenCount']);
  if (prompt === null) return null;
  const reasoning = count(raw['thoughtsTokenCount']) ?? 0;
  return {
    input: prompt + (count(raw['toolUsePromptTokenCount']) ?? 0),
    cachedInput: count(raw['cachedContentTokenCount']) ?? 0,
    output: (count(raw['candidatesTokenCount']) ?? 0) + reasoning,
    reasoning,
  };
}

export function readTierWord(raw: unknown): string | undefined {
  const word = isObject(raw) ? raw['serviceTier'] : undefined;
  return typeof word === 'string' ? word : undefined;
}

/** What a prompt cache charged for being written has no place here. */
export function writeUsage(usage: Usage | null, tierWord: string): JsonObject {
  if (usage === null) return { serviceTier: tierWord };
  const { input, cachedInput, output, reasoning } = usage;
  return {
    promptTokenCount: input,
    ...(cachedInput === 0 ? {} : { cachedContentTokenCount: cachedInput }),
    candidatesTokenCount: Math.max(0, output - reasoning),
    ...(reasoning === 0 ? {} : { thoughtsTokenCount: reasoning }),
    totalTokenCount: input + output,
    serviceTier: tierWord,
  };
}

/** An upstream is not trusted: a negative or fractional count must not reach a bill. */
function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
