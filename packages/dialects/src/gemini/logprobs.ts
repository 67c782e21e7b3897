import type { TokenLogprob } from '../canonical/answer.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

type Entry = TokenLogprob['top'][number];

/** The chosen tokens in one list, and the alternatives to each in another of the same length. */
export function readLogprobs(raw: unknown): TokenLogprob[] | undefined {
  if (!isObject(raw) || !Array.isArray(raw['chosenCandidates'])) return undefined;
  const alternatives: readonly unknown[] = Array.isArray(raw['topCandidates']) ? raw['topCandidates'] : [];
  return raw['chosenCandidates'].map((chosen, index) => {
    const top = alternatives[index];
    const list: readonly unknown[] = isObject(top) && Array.isArray(top['candidates']) ? top['candidates'] : [];
    return { ...readEntry(chosen), top: list.map(readEntry) };
  });
}

/** A proto leaves out what is 0 or empty. */
function readEntry(raw: unknown): Entry {
  const entry = isObject(raw) ? raw : {};
  const { token, logProbability } = entry;
  return {
    token: typeof token === 'string' ? token : '',
    logprob: typeof logProbability === 'number' ? logProbability : 0,
  };
}

export function writeLogprobs(logprobs: readonly TokenLogprob[]): JsonObject {
  const alternatives = logprobs.some(({ top }) => top.length > 0)
    ? { topCandidates: logprobs.map(({ top }) => ({ candidates: top.map(writeEntry) })) }
    : {};
  return { chosenCandidates: logprobs.map(writeEntry), ...alternatives };
}

function writeEntry({ token, logprob }: Entry): JsonObject {
  return { token, logProbability: logprob };
}
