import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FixedAnswer } from './answer.ts';
import type { Answer } from './answer.ts';
import { findContinuation, findFixedPosition } from './continuation.ts';
import { TextHash } from './hash.ts';

function hashOf(text: string): TextHash {
  const hash = new TextHash();
  hash.addText(text);
  return hash;
}

function spell(answer: Answer, from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => answer.tokenAt(from + index)).join('');
}

/** Text that looks like the engine's own as well as text that does not. */
const anyText = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc
    .array(fc.constantFrom(' Amber', ' amber', ' River,', 'Stone', '.', ' ', '\n', ' x'), { maxLength: 12 })
    .map((parts) => parts.join('')),
);

describe('findContinuation', () => {
  it('finds in any prompt with a part of its answer the answer and the place', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), fc.nat(60), (prompt, opensText, kept) => {
        const before = hashOf('conversation');
        const fresh = findContinuation(before, prompt, opensText);
        const partial = prompt + spell(fresh.answer, fresh.position, fresh.position + kept);
        const resumed = findContinuation(before, partial, opensText);
        expect(resumed.offset).toBe(fresh.offset);
        expect(resumed.position).toBe(fresh.position + kept);
        expect(resumed.answer.end).toBe(fresh.answer.end);
        const next = fresh.position + kept;
        expect(spell(resumed.answer, next, next + 20)).toBe(spell(fresh.answer, next, next + 20));
      }),
      { numRuns: 500 },
    );
  });

  it('takes an answer to an answered prompt for a new one, once its author wrote on', () => {
    const before = hashOf('');
    const first = findContinuation(before, 'Say something.', false);
    const said = `Say something.${spell(first.answer, 0, 30)}`;
    const second = findContinuation(before, `${said} And then?`, false);
    expect(second).toMatchObject({ offset: said.length + ' And then?'.length, position: 0 });
    expect(spell(second.answer, 0, 8)).not.toBe(spell(first.answer, 0, 8));
    const resumed = findContinuation(before, `${said} And then?${spell(second.answer, 0, 5)}`, false);
    expect(resumed.position).toBe(5);
  });

  it('starts anew where an answer was cut inside of a word', () => {
    const fresh = findContinuation(hashOf(''), '', true);
    const cut = spell(fresh.answer, 0, 5).slice(0, -1);
    expect(findContinuation(hashOf(''), cut, true)).toMatchObject({ offset: cut.length, position: 0 });
  });

  it('answers different prompts differently', () => {
    const texts = Array.from({ length: 200 }, (_, index) => {
      const { answer } = findContinuation(hashOf(`question ${index}`), '', true);
      return spell(answer, 0, 6);
    });
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('findFixedPosition', () => {
  it('maps a beginning that ends between tokens, and no other text', () => {
    const answer = new FixedAnswer(['{"na', 'me":', '"x"}']);
    expect(findFixedPosition(answer, '')).toBe(0);
    expect(findFixedPosition(answer, '{"name":')).toBe(2);
    expect(findFixedPosition(answer, '{"name":"x"}')).toBe(3);
    expect(findFixedPosition(answer, '{"nam')).toBeUndefined();
    expect(findFixedPosition(answer, 'other')).toBeUndefined();
  });
});
