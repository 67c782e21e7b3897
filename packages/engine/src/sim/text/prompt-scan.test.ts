import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WordAnswer } from './answer.ts';
import { TextHash } from './hash.ts';
import { PromptScan } from './prompt-scan.ts';

function scan(...texts: string[]): PromptScan {
  const prompt = new PromptScan(4);
  for (const text of texts) prompt.addText(text);
  return prompt;
}

describe('PromptScan', () => {
  it('counts a word with its space as one token and a longer one in pieces of four', () => {
    expect(scan('').tokens).toBe(0);
    expect(scan('one two three').tokens).toBe(3);
    expect(scan('unpronounceable').tokens).toBe(4);
    expect(scan('one', 'two').tokens).toBe(2);
  });

  it('gives two prompts the same keys up to the block in which they part', () => {
    const a = scan('a b c d e f g h i j k l');
    const b = scan('a b c d e f g X i j k l');
    expect(a.blocks).toBe(3);
    expect(b.key(0)).toBe(a.key(0));
    expect(b.key(1)).not.toBe(a.key(1));
    expect(b.key(2)).not.toBe(a.key(2));
  });

  it('counts every word of an answer as one token', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = new TextHash();
        hash.addText(text);
        const answer = new WordAnswer(hash.digest(), false);
        for (let position = 0; position < 40; position++) expect(scan(answer.tokenAt(position)).tokens).toBe(1);
      }),
    );
  });

  it('goes on from a copy without touching the original', () => {
    const original = scan('a b c');
    const copy = original.clone();
    copy.addText(' d e');
    expect(original.tokens).toBe(3);
    expect(copy.key(0)).toBe(scan('a b c d').key(0));
  });
});
