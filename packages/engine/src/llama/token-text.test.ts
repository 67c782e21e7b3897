import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenText } from './token-text.ts';

/** Every token is some bytes, as in byte-level vocabularies. */
function texts(tokens: readonly Uint8Array[]): string[] {
  const text = new TokenText((ids) => Buffer.concat(ids.map((id) => Buffer.from(tokens[id]!))).toString('utf8'), []);
  return [...tokens.map((_, id) => text.push(id)), text.flush()];
}

describe('TokenText', () => {
  it('says a character with the last of its tokens', () => {
    const bytes = Buffer.from('a€b');
    expect(texts(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(['a', '', '', '€', 'b', '']);
  });

  it('says every text, however its characters are divided, and never half of one', () => {
    const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 });
    const divided = fc.tuple(character, fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(fc.array(divided, { maxLength: 20 }), (characters) => {
        const tokens = characters.flatMap(([text, size]) => {
          const bytes = Buffer.from(text);
          return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
            bytes.subarray(index * size, (index + 1) * size),
          );
        });
        const whole = characters.map(([text]) => text).join('');
        const said = texts(tokens);
        expect(said.join('')).toBe(whole);
        if (!whole.includes('\uFFFD')) for (const piece of said) expect(piece).not.toContain('\uFFFD');
      }),
    );
  });

  it('does not wait for ever for bytes that become no character', () => {
    const said = texts([...Array.from({ length: 8 }, () => 0x80), 0x41].map((byte) => Uint8Array.of(byte)));
    expect(said.join('')).toBe(`${'\uFFFD'.repeat(8)}A`);
    expect(said[7]).not.toBe('');
    expect(texts([Uint8Array.of(0xc3)])).toEqual(['', '\uFFFD']);
  });

  it('is told what came before, for tokenizers that look back', () => {
    const seen: (readonly number[])[] = [];
    const text = new TokenText(
      (ids, before) => {
        seen.push(before);
        return ids.join('');
      },
      [1, 2, 3, 4, 5],
    );
    text.push(6);
    text.push(7);
    expect(seen).toEqual([
      [2, 3, 4, 5],
      [3, 4, 5, 6],
    ]);
  });
});
