import { draw } from '../text/hash.ts';
import { wordAt } from '../text/vocabulary.ts';
import type { Token } from './stop-filter.ts';

/** A made-up probability. The same token at the same place always gets the same one. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
}

/** The chosen token first, then `others` less probable ones: sampling is greedy, so nothing beats the chosen token. */
export function tokenLogprobs(token: Token, others: number): readonly TokenLogprob[] {
  const seed = { high: token.position, low: token.text.length };
  const chosen: TokenLogprob = { token: token.text, logprob: -(draw(seed, 0) % 500) / 1000 };
  const rest = Array.from({ length: Math.max(0, others - 1) }, (_, rank): TokenLogprob => ({
    token: ` ${wordAt(seed, rank + 1)}`,
    logprob: chosen.logprob - 1 - rank,
  }));
  return [chosen, ...rest];
}
