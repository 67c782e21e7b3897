import { expect } from 'vitest';
import { expectServed } from '../served.ts';
import type { Kind } from './kind.ts';

/** The least that every provider takes. */
const BOUND = 16;
const LONG = Array.from({ length: 2 * BOUND }, (_, index) => `word${index}`).join(' ');

export const TEXT: Kind = {
  title: 'Text',
  about:
    'A question and its answer; then one that is cut off by its bound; then the conversation goes on. Names, stops, headers and usage are looked at.',
  async try(cell) {
    const { mount, upstream, model } = cell.pair;
    const tier = upstream.askWords.flex === undefined ? 'standard' : 'flex';
    const question = { kind: 'user', text: 'hello over there' } as const;
    const first = await cell.answer({ turns: [question], tier });
    expect(first.heard).toMatchObject({ text: 'echo: hello over there', calls: [], stop: 'end', failure: null });
    // Bytes of the wire's own provider have the provider's name for the model.
    const { heard } = first;
    if (heard.model !== undefined && mount.name !== upstream.wire) expect(heard.model).toBe(model('main'));
    // Some models think, which is output as well.
    expect(heard.usage!.output).toBeGreaterThanOrEqual(4);
    expect(heard.usage!.input).toBeGreaterThan(0);
    expectServed(cell, first, { asked: tier, served: tier });
    expect(first.received).toHaveLength(1);

    const long = { kind: 'user', text: LONG } as const;
    const cut = await cell.answer({ turns: [long], tier, maxTokens: BOUND });
    expect(cut.heard.stop).toBe('length');
    expect(cut.heard.text).toMatch(/^echo: word0 word1 /);
    expect(cut.heard.text.length).toBeLessThan(LONG.length);

    const said = { kind: 'said', heard } as const;
    const second = await cell.answer({ turns: [question, said, { kind: 'user', text: 'and now' }], tier });
    expect(second.heard.text).toBe('echo: and now');
  },
};
