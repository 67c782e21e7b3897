/** A token that was generated, and what it said; nothing where its character was still to come. */
export interface SaidToken {
  readonly token: number;
  readonly text: string;
}

interface Interrupted {
  /** The prompt, as text. */
  readonly source: string;
  readonly tokens: readonly number[];
  readonly said: readonly SaidToken[];
  readonly size: number;
}

const answersMax = 256;
/** Of all of them, in characters; a token takes about as much memory as so many. */
const sizeMax: number = 16 * 1024 * 1024;
const tokenSize = 16;

/**
 * The tokens of answers that were stopped before their end. Who goes on with one sends its text, and the text alone does not say
 * which tokens the model had chosen: other tokens can spell it too, and from those the model would go on differently. With what is
 * kept here the text is turned back into the very tokens that it came from. The oldest are forgotten first.
 */
export class InterruptedAnswers {
  readonly #answers: Interrupted[] = [];
  #size = 0;

  remember(source: string, tokens: readonly number[], said: readonly SaidToken[]): void {
    const size = source.length + tokenSize * (tokens.length + said.length);
    if (size > sizeMax || !said.some(({ text }) => text !== '')) return;
    this.#answers.push({ source, tokens, said, size });
    this.#size += size;
    while (this.#answers.length > answersMax || this.#size > sizeMax) this.#size -= this.#answers.shift()!.size;
  }

  /**
   * The tokens of a prompt that goes on with an answer from here, and the rest of its text, which has none yet. `answerStart`: no
   * answer that began before this place is meant.
   */
  recall(
    source: string,
    answerStart: number,
  ): { readonly tokens: readonly number[]; readonly rest: string } | undefined {
    let best: { answer: Interrupted; count: number; end: number } | undefined;
    for (const answer of this.#answers) {
      if (answer.source.length < answerStart || !source.startsWith(answer.source)) continue;
      const { count, end } = spelled(answer, source);
      if (count > 0 && (best === undefined || end >= best.end)) best = { answer, count, end };
    }
    if (best === undefined) return undefined;
    const { answer, count, end } = best;
    const tokens = answer.said.slice(0, count).map(({ token }) => token);
    return { tokens: [...answer.tokens, ...tokens], rest: source.slice(end) };
  }
}

/** How many of the answer's tokens the text holds after the prompt, and where they end. Tokens at the end that say nothing are left out. */
function spelled(answer: Interrupted, text: string): { readonly count: number; readonly end: number } {
  let end = answer.source.length;
  let count = 0;
  for (const [index, said] of answer.said.entries()) {
    if (said.text === '') continue;
    if (!text.startsWith(said.text, end)) break;
    end += said.text.length;
    count = index + 1;
  }
  return { count, end };
}
