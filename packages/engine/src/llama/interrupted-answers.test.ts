import { describe, expect, it } from 'vitest';
import { InterruptedAnswers } from './interrupted-answers.ts';
import type { SaidToken } from './interrupted-answers.ts';

/** Tokens 100, 101 and so on, each with its text. */
function said(...texts: string[]): SaidToken[] {
  return texts.map((text, index) => ({ token: 100 + index, text }));
}

describe('an interrupted answer', () => {
  const prompt = 'Ask: ';
  const answers = new InterruptedAnswers();
  answers.remember(prompt, [1, 2], said('w', 'a', 'ter', '', 'é', ''));

  it('is turned back into its own tokens, from any token on', () => {
    expect(answers.recall('Ask: wa', prompt.length)).toEqual({ tokens: [1, 2, 100, 101], rest: '' });
    expect(answers.recall('Ask: wateré', prompt.length)).toEqual({ tokens: [1, 2, 100, 101, 102, 103, 104], rest: '' });
  });

  it('leaves what is not its own to the tokenizer', () => {
    expect(answers.recall('Ask: wat', prompt.length)).toEqual({ tokens: [1, 2, 100, 101], rest: 't' });
    expect(answers.recall('Ask: water and more', prompt.length)).toEqual({
      tokens: [1, 2, 100, 101, 102],
      rest: ' and more',
    });
  });

  it('is not found by other prompts, by its prompt alone, or where it is not what is gone on with', () => {
    expect(answers.recall('Ask ', 0)).toBeUndefined();
    expect(answers.recall('Ask: ', prompt.length)).toBeUndefined();
    expect(answers.recall('Ask: fire', prompt.length)).toBeUndefined();
    // The answer stands in the conversation, and what is gone on with begins after it.
    expect(answers.recall('Ask: water [end] Ask: ', 'Ask: water [end] Ask: '.length)).toBeUndefined();
  });

  it('goes on with the longest of several, and through several interruptions', () => {
    const chain = new InterruptedAnswers();
    chain.remember('Ask: ', [1], said('w', 'a'));
    chain.remember(
      'Ask: wa',
      [1, 100, 101],
      [
        { token: 7, text: 't' },
        { token: 8, text: 'er' },
      ],
    );
    chain.remember('Ask: ', [1], said('w', 'i'));
    expect(chain.recall('Ask: water', 5)).toEqual({ tokens: [1, 100, 101, 7, 8], rest: '' });
    expect(chain.recall('Ask: wi', 5)).toEqual({ tokens: [1, 100, 101], rest: '' });
  });

  it('is forgotten when many others came after it, and not kept where it said nothing', () => {
    const many = new InterruptedAnswers();
    many.remember('first ', [1], said('x'));
    for (let index = 0; index < 256; index++) many.remember(`other ${index} `, [1], said('x'));
    expect(many.recall('first x', 0)).toBeUndefined();
    expect(many.recall('other 0 x', 0)).toBeDefined();
    many.remember('huge '.repeat(4 * 1024 * 1024), [1], said('x'));
    expect(many.recall('other 0 x', 0)).toBeDefined();
    many.remember('silent', [1], said(''));
    expect(many.recall('silent', 0)).toBeUndefined();
  });
});
