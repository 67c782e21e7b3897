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
  readonly chars: number;
}

const answersMax = 256;
const charsMax: number = 16 * 1024 * 1024;

/**
 * The tokens of answers that were stopped before their end. Who goes on with one sends its text, and the text alone does not say
 * which tokens the model had chosen: other tokens can spell it too, and from those the model would go on differently. With what is
 * kept here the text is turned back into the very tokens that it came from. The oldest are forgotten first.
 */
export class InterruptedAnswers {
  readonly #answers: Interrupted[] = [];
  #chars = 0;

  remember(source: string, tokens: readonly number[], said: readonly SaidToken[]): void {
    const chars = source.length + said.reduce((sum, { text }) => sum + text.length, 0);
    if (chars > charsMax || !said.some(({ text }) => text !== '')) return;
    this.#answers.push({ source, tokens, said, chars });
    this.#chars += chars;
    while (this.#answers.length > answersMax || this.#chars > charsMax) this.#chars -= this.#answers.shift()!.chars;
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
