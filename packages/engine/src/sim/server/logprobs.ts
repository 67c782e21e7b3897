import type { TokenLogprob } from '../../server/token.ts';
import { draw } from '../text/hash.ts';
import { wordAt } from '../text/vocabulary.ts';

/**
 * Made-up probabilities; the same token at the same place always gets the same ones. The chosen token comes first, then less
 * probable ones, `count` in all: sampling is greedy, so nothing beats the chosen token.
 */
export function tokenLogprobs(position: number, text: string, count: number): readonly TokenLogprob[] {
  const seed = { high: position, low: text.length };
  const chosen: TokenLogprob = { token: text, logprob: -(draw(seed, 0) % 500) / 1000 };
  const rest = Array.from({ length: Math.max(0, count - 1) }, (_, rank): TokenLogprob => ({
    token: ` ${wordAt(seed, rank + 1)}`,
    logprob: chosen.logprob - 1 - rank,
  }));
  return [chosen, ...rest];
}
