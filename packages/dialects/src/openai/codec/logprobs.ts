import type { TokenLogprob } from '../../canonical/answer.ts';
import { isObject, type JsonObject } from '../accumulate.ts';

/** What is no list of log probabilities is none: an answer is not lost over them. */
export function readLogprobs(list: unknown): TokenLogprob[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const read = list.map((entry) => {
    const token = readToken(entry);
    const top: unknown = isObject(entry) ? entry['top_logprobs'] : undefined;
    return token === null
      ? null
      : { ...token, top: (Array.isArray(top) ? top : []).map(readToken).filter((other) => other !== null) };
  });
  return read.filter((entry) => entry !== null);
}

type Token = Pick<TokenLogprob, 'token' | 'logprob' | 'bytes'>;

function readToken(entry: unknown): Token | null {
  if (!isObject(entry)) return null;
  const { token, logprob, bytes } = entry;
  if (typeof token !== 'string' || typeof logprob !== 'number') return null;
  const isBytes = Array.isArray(bytes) && bytes.every((byte) => typeof byte === 'number');
  return { token, logprob, ...(isBytes ? { bytes: bytes as number[] } : {}) };
}

export function writeLogprobs(logprobs: readonly TokenLogprob[]): JsonObject[] {
  return logprobs.map(({ top, ...token }) => ({ ...writeToken(token), top_logprobs: top.map(writeToken) }));
}

function writeToken({ token, logprob, bytes }: Token): JsonObject {
  return { token, logprob, bytes: bytes ?? null };
}
