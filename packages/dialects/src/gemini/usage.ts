import type { Extra, Usage } from '../dialect.ts';
import { hasFilled, withExtras } from '../extras.ts';
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
  const usage = {
    input: prompt + (count(raw['toolUsePromptTokenCount']) ?? 0),
    cachedInput: count(raw['cachedContentTokenCount']) ?? 0,
    output: (count(raw['candidatesTokenCount']) ?? 0) + reasoning,
    reasoning,
  };
  return withExtras(usage, isPricedApart(raw) ? ['media'] : []);
}

/** Of what is read, sound has a price of its own; of what is written, everything but text. */
function isPricedApart(raw: JsonObject): boolean {
  const read = [...modalitiesOf(raw['promptTokensDetails']), ...modalitiesOf(raw['toolUsePromptTokensDetails'])];
  const written = modalitiesOf(raw['candidatesTokensDetails']);
  return (
    read.includes('AUDIO') || written.some((modality) => modality !== 'TEXT' && modality !== 'MODALITY_UNSPECIFIED')
  );
}

function modalitiesOf(details: unknown): readonly unknown[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown) => {
    const isThere = isObject(detail) && (count(detail['tokenCount']) ?? 0) > 0;
    return isThere ? [detail['modality'] ?? 'TEXT'] : [];
  });
}

const GROUNDING = Buffer.from('"groundingMetadata"');
const GROUNDS: readonly Buffer[] = ['"webSearchQueries"', '"groundingChunks"'].map((name) => Buffer.from(name));

/** What the bytes of an answer, or of an event of one, tell of searches in Google's own sources, which are charged by the search. */
export function groundingIn(json: Buffer): readonly Extra[] {
  return json.includes(GROUNDING) && GROUNDS.some((name) => hasFilled(json, name)) ? ['tools'] : [];
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
