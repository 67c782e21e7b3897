import { WordAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import type { TextHash } from './hash.ts';

/** Where a text stops being its author's and goes on as an answer of this engine. */
export interface Continuation {
  readonly answer: Answer;
  /** Offset in the text at which the answer begins; the text's length where it has not begun. */
  readonly offset: number;
  /** Tokens of the answer that the text already holds. */
  readonly position: number;
}

/**
 * Splits a text into what its author wrote and what this engine already answered to it, so that the answer goes on as
 * if it had never stopped. The text may be a raw prompt or the partial message of an assistant.
 *
 * An answer's seed is the hash of everything before it, and every token is a space and a word. So a split at `offset`
 * is right exactly when the answer of the hash of `text[0..offset)` spells the rest of the text, to its end. The
 * earliest such split is taken. That choice is stable: when the answer goes on, any earlier split that spelled the
 * longer text would already have spelled the shorter one, because both end where a space begins the next token.
 * Only a capital letter at the start of the text or after a space can open an answer, which leaves few places to try.
 *
 * `before` is the hash of what stands before the text; the text's own prefixes are hashed on from it.
 */
export function findContinuation(before: TextHash, text: string, opensText: boolean): Continuation {
  const hash = before.clone();
  for (let offset = 0; offset < text.length; offset++) {
    if (canOpen(text, offset, opensText)) {
      const answer = new WordAnswer(hash.digest(), opensText && offset === 0);
      const position = spelledTokens(answer, text, offset);
      if (position !== undefined) return { answer, offset, position };
    }
    hash.addCode(text.charCodeAt(offset));
  }
  return { answer: new WordAnswer(hash.digest(), opensText && text === ''), offset: text.length, position: 0 };
}

function canOpen(text: string, offset: number, opensText: boolean): boolean {
  if (offset === 0 && opensText) return isCapital(text.charCodeAt(0));
  return text.charCodeAt(offset) === 0x20 && isCapital(text.charCodeAt(offset + 1));
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

/** How many tokens of the answer spell the text from `offset` to its end, or undefined where they do not. */
function spelledTokens(answer: Answer, text: string, offset: number): number | undefined {
  let at = offset;
  let position = 0;
  while (at < text.length) {
    const token = answer.tokenAt(position);
    if (!text.startsWith(token, at)) return undefined;
    at += token.length;
    position++;
  }
  return position;
}

/** The same for an answer that is known as a whole: the text must be its beginning, cut between tokens. */
export function findFixedPosition(answer: Answer, text: string): number | undefined {
  const position = spelledTokens(answer, text, 0);
  return position !== undefined && position <= answer.end ? position : undefined;
}
