import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerIdentity } from '../codec.ts';
import { CODECS } from '../codecs.ts';
import type { StreamPart } from './answer.ts';
import { InTurn } from './in-turn.ts';
import { collect } from './testing/collect.ts';
import { objectText } from './testing/numbers.ts';
import { text } from './testing/values.ts';

const AS: AnswerIdentity = { id: '1', model: 'm', created: 1, tierWord: () => 'default' };
const WISH = { includeUsage: true, inputTokens: 1, request: {} };
const FINISH: StreamPart = { kind: 'finish', choice: 0, stop: 'tool-calls' };

function start(call: number): StreamPart {
  return { kind: 'tool-start', choice: 0, call, id: `c${call}`, name: `f${call}` };
}

function input(call: number, json: string): StreamPart {
  return { kind: 'tool-input', choice: 0, call, json };
}

function said(words: string): StreamPart {
  return { kind: 'text', choice: 0, text: words };
}

function cut(whole: string, size: number): string[] {
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.slice(at * size, (at + 1) * size));
}

/** Several calls whose pieces come in any order that leaves each call's own, with words between them. */
const mixed = fc
  .record({
    inputs: fc.array(fc.oneof(objectText, fc.constant('')), { minLength: 1, maxLength: 4 }),
    size: fc.integer({ min: 1, max: 12 }),
    picks: fc.infiniteStream(fc.nat(99)),
    words: fc.option(text),
  })
  .map(({ inputs, size, picks, words }) => {
    const parts: StreamPart[] = words === null ? [] : [said(words)];
    const left = inputs.map((whole) => cut(whole, size));
    let begun = 0;
    for (;;) {
      const open = left.flatMap((pieces, call) => (call < begun && pieces.length > 0 ? [call] : []));
      const choices = begun < inputs.length ? [...open, begun] : open;
      if (choices.length === 0) break;
      const call = choices[picks.next().value % choices.length]!;
      if (call === begun) {
        parts.push(start(call));
        begun += 1;
      } else parts.push(input(call, left[call]!.shift()!));
    }
    return { inputs, parts: [{ kind: 'start' as const }, ...parts, FINISH, { kind: 'end' as const }] };
  });

function inputsOf(parts: readonly StreamPart[]): string[] {
  const { choices } = collect(parts);
  return choices[0]!.parts.flatMap((part) => (part.kind === 'tool-call' ? [part.input] : []));
}

describe('calls whose pieces come in turns', () => {
  test('come one after the other, with nothing lost', () => {
    fc.assert(
      fc.property(mixed, fc.integer({ min: 1, max: 5 }), ({ inputs, parts }, batch) => {
        const turns = new InTurn();
        const out: StreamPart[] = [];
        for (let at = 0; at < parts.length; at += batch) out.push(...turns.order(parts.slice(at, at + batch)));
        let open = -1;
        for (const part of out) {
          if (part.kind === 'tool-start') expect(part.call).toBe((open += 1));
          if (part.kind === 'tool-input') expect(part.call).toBe(open);
        }
        expect(inputsOf(out)).toEqual(inputs);
        expect(out.at(-1)).toEqual({ kind: 'end' });
      }),
    );
  });

  test.each(Object.values(CODECS))('are the same calls on the wire of $name', (codec) => {
    fc.assert(
      fc.property(mixed, ({ inputs, parts }) => {
        const encoder = codec.streamEncoder(AS, WISH);
        const bytes = Buffer.concat([...parts.map((part) => encoder.write([part])), encoder.end()]);
        const heard = inputsOf(codec.streamDecoder({}).push(bytes));
        expect(heard.map((json) => (json === '{}' ? '' : json))).toEqual(inputs);
      }),
    );
  });
});

test('a wire that tells calls by their index has the pieces as they come', () => {
  const parts = [start(0), input(0, '{"a"'), start(1), input(1, '{"b"'), input(0, ':1}'), input(1, ':2}')];
  const bytes = CODECS.openai.streamEncoder(AS, WISH).write([{ kind: 'start' }, ...parts]);
  const heard = CODECS.openai.streamDecoder({}).push(bytes);
  expect(heard.filter(({ kind }) => kind.startsWith('tool-'))).toEqual(parts);
});

describe('what goes out at once', () => {
  test('the first call, and the next ones from when those before are whole', () => {
    const turns = new InTurn();
    expect(turns.order([start(0), input(0, '{"a":"}'), start(1), input(1, '{')])).toEqual([
      start(0),
      input(0, '{"a":"}'),
    ]);
    expect(turns.order([input(1, '"b":')])).toEqual([]);
    expect(turns.order([input(0, '"}')])).toEqual([input(0, '"}'), start(1), input(1, '{"b":')]);
    expect(turns.order([input(1, '1}')])).toEqual([input(1, '1}')]);
    expect(turns.order([said('So.')])).toEqual([said('So.')]);
  });

  test('streams without calls, untouched', () => {
    const parts = [said('a'), said('b'), FINISH];
    expect(new InTurn().order(parts)).toBe(parts);
  });

  test('another choice', () => {
    const other: StreamPart = { kind: 'text', choice: 1, text: 'x' };
    expect(new InTurn().order([start(0), input(0, '{'), other])).toEqual([start(0), input(0, '{'), other]);
  });
});

describe('a call that is not whole', () => {
  const charsMax = 10_000;

  test('goes out as it is when the choice finishes', () => {
    const out = new InTurn().order([start(0), input(0, '{"a":'), said('So.'), start(1), input(1, '{}'), FINISH]);
    expect(out).toEqual([start(0), input(0, '{"a":'), said('So.'), start(1), input(1, '{}'), FINISH]);
  });

  test('goes out as it is when the stream ends, and so does all that waited for it', () => {
    const waiting = [start(0), input(0, '{"a":'), said('So.'), start(1), input(1, '{}')];
    const out = new InTurn().order([...waiting, { kind: 'end' }]);
    expect(out).toEqual([...waiting, { kind: 'end' }]);
  });

  test('is not waited for with more than the limit of names, thoughts and probabilities', () => {
    const large = 'x'.repeat(charsMax);
    const state = { from: 'anthropic', form: 'signature', data: large } as const;
    const parts: StreamPart[] = [
      { kind: 'tool-start', choice: 0, call: 1, id: 'c1', name: large },
      { kind: 'reasoning-state', choice: 0, state },
      { kind: 'text', choice: 0, text: '', logprobs: [{ token: large, logprob: 0, top: [] }] },
    ];
    for (const part of parts) {
      const turns = new InTurn(charsMax);
      turns.order([start(0), input(0, '{')]);
      expect(turns.order([part])).toEqual([part]);
    }
  });

  test('is taken for ended when too much waits for it, and more of it is refused', () => {
    const turns = new InTurn(charsMax);
    turns.order([start(0), input(0, '{"a":'), start(1)]);
    const large = JSON.stringify({ b: 'x'.repeat(charsMax) });
    expect(turns.order([input(1, large)])).toEqual([start(1), input(1, large)]);
    expect(() => turns.order([input(0, '1}')])).toThrow('comes after its end');
  });

  test('pieces that wait are counted, however small they are', () => {
    const turns = new InTurn(charsMax);
    turns.order([start(0), input(0, '{'), start(1)]);
    let out = 0;
    for (let count = 0; count < charsMax / 64; count += 1) out += turns.order([input(1, '1')]).length;
    expect(out).toBeGreaterThan(0);
  });
});

test('spaces after a call that was whole are nothing, and anything else is refused', () => {
  const turns = new InTurn();
  expect(turns.order([start(0), input(0, '{}'), input(0, ' ')])).toHaveLength(3);
  expect(turns.order([said('So.'), input(0, '\n')])).toEqual([said('So.')]);
  expect(() => turns.order([input(0, '{}')])).toThrow('comes after its end');
});
