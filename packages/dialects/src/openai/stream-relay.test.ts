import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventTooLarge, EVENT_BYTES_MAX } from '../sse/reader.ts';
import { StreamRelay } from './stream-relay.ts';

const HEAD = 3;
const TAIL = 2;

/** Relays a stream cut at the given places; the free bytes around each result are checked and taken off. */
function relayed(relay: StreamRelay, stream: Buffer, cuts: readonly number[] = []): string {
  let out = '';
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const end of [...ends, stream.length]) {
    const piece = relay.push(stream.subarray(start, end), HEAD, TAIL);
    if (piece !== null) out += piece.toString('utf8', HEAD, piece.length - TAIL);
    start = end;
  }
  return out;
}

function events(out: string): unknown[] {
  return out
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice(6)) as unknown);
}

function chunk(delta: object, more: object = {}): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const usageChunk = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: USAGE })}\n\n`;

const whole = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'He said "service_tier":' }),
  chunk({ content: ' null}]}\n\ndata: {"x"' }),
  chunk({ content: ' été 日本' }),
  chunk({ content: '' }, { finish_reason: 'stop' }),
  usageChunk,
  'data: [DONE]\n\n',
].join('');

test('every chunk carries the served tier, and content is untouched', () => {
  const relay = new StreamRelay('flex', true);
  const out = relayed(relay, Buffer.from(whole));
  const sent = events(whole) as object[];
  expect(events(out)).toEqual(sent.map((event) => ({ ...event, service_tier: 'flex' })));
  expect(out.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(relay).toMatchObject({ marked: true, whole: true, tokens: 3, error: null });
  expect(relay.usage).toEqual({ input: 7, cachedInput: 0, output: 3, reasoning: 0 });
});

test('however the network cuts it, the client gets the same bytes', () => {
  const expected = relayed(new StreamRelay('default', false), Buffer.from(whole));
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      const relay = new StreamRelay('default', false);
      return relayed(relay, Buffer.from(whole), cuts) === expected && relay.tokens === 3;
    }),
  );
});

test('the usage chunk is read and taken out when the client did not ask for it', () => {
  const relay = new StreamRelay('default', false);
  expect(events(relayed(relay, Buffer.from(whole)))).toHaveLength(events(whole).length - 1);
  expect(relay.usage?.output).toBe(3);
});

test('an engine that writes a tier of its own has it replaced in every chunk', () => {
  const own = whole.replaceAll('"object"', '"service_tier":"default","object"');
  const relay = new StreamRelay('priority', true);
  const out = relayed(relay, Buffer.from(own));
  expect(events(out).map((event) => (event as { service_tier: string }).service_tier)).toEqual(
    Array(6).fill('priority'),
  );
  expect(out.match(/"service_tier":"priority"/g)).toHaveLength(6);
});

test('comments, CRLF line ends, missing spaces and usage in a last content chunk are all understood', () => {
  const relay = new StreamRelay('flex', true);
  const stream =
    ': hello\r\n\r\n' +
    `data:${JSON.stringify({ choices: [{ delta: { content: 'a' }, finish_reason: null }] })}\r\n\r\n` +
    `data:${JSON.stringify({ choices: [{ delta: { content: 'b' }, finish_reason: 'stop' }], usage: USAGE })}\r\n\r\n` +
    ': still here\r\n\r\n' +
    'data:[DONE]\r\n\r\n';
  const out = relayed(relay, Buffer.from(stream), [3, 40, 41]);
  // Before the first event a comment would commit the client's answer to an engine that may still fail.
  expect(out).not.toContain('hello');
  expect(out).toContain(': still here\r\n\r\n');
  expect(relay).toMatchObject({ tokens: 2, whole: true, marked: true });
  expect(relay.usage?.input).toBe(7);
  expect(out.match(/"service_tier":"flex"/g)).toHaveLength(2);
});

test("an engine's error inside its stream is kept from the client and reported", () => {
  const relay = new StreamRelay('default', true);
  const out = relayed(relay, Buffer.from(`${chunk({ content: 'a' })}data: {"error":{"message":"CUDA"}}\n\n`));
  expect(out).not.toContain('CUDA');
  expect(relay.error).toEqual({ message: 'CUDA' });
});

test('garbage and endless events are refused, not buffered', () => {
  expect(() => relayed(new StreamRelay('x', true), Buffer.from('data: {nonsense\n\n'))).toThrow(SyntaxError);
  expect(() => relayed(new StreamRelay('x', true), Buffer.alloc(EVENT_BYTES_MAX + 1, 'a'))).toThrow(EventTooLarge);
});

test.each([['stop_reason'], ['token_ids'], ['matched_stop']])(
  'an engine that ends each choice with %s is understood: what goes on, and what has finished',
  (last) => {
    const relay = new StreamRelay('flex', true);
    const more = { [last]: null };
    const stream = [
      chunk({ role: 'assistant', content: '' }, more),
      chunk({ content: 'a' }, more),
      chunk({ content: ' "finish_reason":null' }, more),
    ];
    expect(events(relayed(relay, Buffer.from(stream.join(''))))).toEqual(
      (events(stream.join('')) as object[]).map((event) => ({ ...event, service_tier: 'flex' })),
    );
    expect(relay).toMatchObject({ tokens: 2, whole: false });
    relayed(relay, Buffer.from(chunk({ content: '' }, { finish_reason: 'stop', ...more })));
    expect(relay).toMatchObject({ tokens: 2, whole: true });
  },
);

test('legacy completions count text, whatever the order of members', () => {
  const relay = new StreamRelay('default', false);
  const text = (value: string, finish: string | null): string =>
    `data: ${JSON.stringify({ choices: [{ finish_reason: finish, index: 0, text: value }], object: 'text_completion' })}\n\n`;
  relayed(relay, Buffer.from(text('a', null) + text(' b', null) + text('', 'stop')));
  expect(relay.tokens).toBe(2);
});

describe("a provider's stream", () => {
  const provider = whole
    .replaceAll('"object"', '"service_tier":"flex","object"')
    .replaceAll('"finish_reason":null}]', '"finish_reason":null}],"usage":null,"obfuscation":"aZ3"');

  test('keeps its bytes, and its word for the tier is read', () => {
    const relay = new StreamRelay(null, true);
    expect(relayed(relay, Buffer.from(provider))).toBe(provider);
    expect(relay).toMatchObject({ tierWord: 'flex', tokens: 3, marked: true, whole: true, failure: null });
    expect(relay.usage?.output).toBe(3);
  });

  test('is the same however it is cut, less the usage that nobody asked for', () => {
    const expected = provider.replace(/data: [^\n]*"choices":\[\],"usage"[^\n]*\n\n/, '');
    expect(expected).not.toBe(provider);
    fc.assert(
      fc.property(fc.array(fc.nat()), (cuts) => {
        const relay = new StreamRelay(null, false);
        return relayed(relay, Buffer.from(provider), cuts) === expected && relay.tokens === 3;
      }),
    );
  });

  test('that fails inside is understood', () => {
    const relay = new StreamRelay(null, true);
    const error = { message: 'Slow down.', type: 'tokens', code: 'rate_limit_exceeded' };
    expect(relayed(relay, Buffer.from(`data: ${JSON.stringify({ error })}\n\n`))).toBe('');
    expect(relay.failure).toEqual({ kind: 'limited', message: 'Slow down.', code: 'rate_limit_exceeded' });
  });

  test('that is no stream of objects is refused', () => {
    expect(() => relayed(new StreamRelay(null, true), Buffer.from('data: null\n\n'))).toThrow(SyntaxError);
  });
});

test('of several choices, all have to finish before the answer is whole without its mark', () => {
  const relay = new StreamRelay('default', false, 2);
  const finish = (index: number): Buffer =>
    Buffer.from(`data: {"choices":[{"index":${index},"delta":{},"finish_reason":"stop"}]}\n\n`);
  relay.push(finish(1), 0, 0);
  relay.push(finish(1), 0, 0);
  expect(relay.whole).toBe(false);
  relay.push(finish(0), 0, 0);
  expect(relay.whole).toBe(true);
});

test.each(['data: {}\n\n', 'data: { }\n\n', 'data: {"object":"x"}\n\n', 'event:{\ndata: {"choices":[]}\n\n'])(
  'into %j the tier is written so that it stays JSON',
  (odd) => {
    const out = relayed(new StreamRelay('flex', false), Buffer.from(odd + odd));
    expect(events(out)).toEqual([
      expect.objectContaining({ service_tier: 'flex' }),
      expect.objectContaining({ service_tier: 'flex' }),
    ]);
  },
);
