import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../openai/answer.ts';
import { KeptAnswer } from '../openai/kept-answer.ts';
import { StreamRelay } from '../openai/stream-relay.ts';

const ID = 'req_7';
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

interface Chunk {
  readonly choices: readonly { readonly index: number; readonly finish_reason: string | null }[];
  readonly usage?: unknown;
  readonly x_groq?: unknown;
}

function sse(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function chunk(delta: object, finish: string | null = null, more: object = {}, index = 0): string {
  // As vLLM writes it: more of a choice that finished stands behind its finish.
  const end = finish === null ? {} : { stop_reason: null };
  const choices = [{ index, delta, logprobs: null, finish_reason: finish, ...end }];
  return sse({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more });
}

const usageChunk = sse({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: USAGE });
const DONE = 'data: [DONE]\n\n';
const BODY = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'one' }), chunk({ content: ' two' })];
const FINISH = chunk({ content: '' }, 'stop');
const WHOLE = [...BODY, FINISH, usageChunk, DONE];

function chunksOf(text: string): Chunk[] {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('data: {'))
    .map((block) => JSON.parse(block.slice(6)) as Chunk);
}

function relayed(
  stream: readonly string[],
  { asksUsage = false, choices = 1, cuts = [] as readonly number[] } = {},
): { readonly text: string; readonly relay: StreamRelay } {
  const relay = new StreamRelay('on_demand', asksUsage, choices, ID);
  const bytes = Buffer.from(stream.join(''));
  let text = '';
  let start = 0;
  for (const end of [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b).concat(bytes.length)) {
    text += relay.push(bytes.subarray(start, end), 0, 0)?.toString('utf8') ?? '';
    start = end;
  }
  return { text, relay };
}

function kept(stream: readonly string[], asksUsage = false): string {
  const answer = new KeptAnswer('chat', asksUsage, 'continue', 1, ID);
  answer.beginRun();
  return stream.map((event) => answer.push(Buffer.from(event), 'flex')).join('') + answer.ending();
}

const WAYS: readonly [name: string, (stream: readonly string[], asksUsage?: boolean) => string][] = [
  ['relayed', (stream, asksUsage = false) => relayed(stream, { asksUsage }).text],
  ['kept', kept],
];

describe.each(WAYS)('a stream that is %s', (_name, told) => {
  test('has its id on the first chunk, and its usage with the finish', () => {
    const text = told(WHOLE);
    const chunks = chunksOf(text);
    expect(chunks.map(({ x_groq: mark }) => mark)).toEqual([
      { id: ID },
      undefined,
      undefined,
      { id: ID, usage: expect.objectContaining(USAGE) as object },
    ]);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
    expect(text.endsWith(DONE)).toBe(true);
    expect(text.split(DONE)).toHaveLength(2);
  });

  test('has the chunk of the usage beside it where that is asked for', () => {
    const chunks = chunksOf(told(WHOLE, true));
    expect(chunks.slice(-2)).toMatchObject([
      { choices: [{ finish_reason: 'stop' }], x_groq: { id: ID, usage: USAGE } },
      { choices: [], usage: USAGE },
    ]);
    expect(chunks.at(-1)).not.toHaveProperty('x_groq');
  });

  test('of an engine that tells the usage with its finish has it once', () => {
    const chunks = chunksOf(told([...BODY, chunk({}, 'stop', { usage: USAGE }), usageChunk, DONE]));
    expect(chunks.filter(({ x_groq: mark }) => (mark as { usage?: unknown } | undefined)?.usage)).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({ x_groq: { usage: USAGE } });
  });

  test('of an engine that tells no usage has its finish nevertheless', () => {
    const text = told([...BODY, FINISH, DONE]);
    expect(chunksOf(text).at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], x_groq: { id: ID } });
    expect(text.endsWith(DONE)).toBe(true);
  });

  test('of one chunk has both in it', () => {
    expect(chunksOf(told([FINISH, usageChunk, DONE]))).toMatchObject([{ x_groq: { id: ID, usage: USAGE } }]);
  });
});

test('however the network cuts it, the client gets the same bytes', () => {
  const { text } = relayed(WHOLE);
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      const { text: again, relay } = relayed(WHOLE, { cuts });
      return again === text && relay.tokens === 2;
    }),
  );
});

test('a finish that still waits when the stream breaks off is owed', () => {
  const { text, relay } = relayed([...BODY, FINISH]);
  expect(chunksOf(text)).toHaveLength(3);
  expect(relay).toMatchObject({ whole: true, marked: false });
  expect(chunksOf(relay.rest)).toMatchObject([{ choices: [{ finish_reason: 'stop' }], service_tier: 'on_demand' }]);
  expect(relay.rest).toBe('');
});

test('of several choices, the last finish has the usage, and none comes late', () => {
  const stream = [...BODY, FINISH, chunk({ content: 'b' }, null, {}, 1), chunk({}, 'length', {}, 1), usageChunk, DONE];
  const chunks = chunksOf(relayed(stream, { choices: 2 }).text);
  expect(chunks.map(({ choices }) => [choices[0]!.index, choices[0]!.finish_reason])).toEqual([
    [0, null],
    [0, null],
    [0, null],
    [0, 'stop'],
    [1, null],
    [1, 'length'],
  ]);
  expect(chunks.at(-1)).toMatchObject({ x_groq: { id: ID, usage: USAGE } });
});

test('a first chunk that has no choice has the id', () => {
  const chunks = chunksOf(relayed([sse({ id: 'c', choices: [] }), ...WHOLE]).text);
  expect(chunks.slice(0, 2).map(({ x_groq: mark }) => mark)).toEqual([{ id: ID }, undefined]);
});

test('an upstream that writes it itself is left alone', () => {
  const own = [chunk({ role: 'assistant' }, null, { x_groq: { id: 'req_own' } }), ...BODY, FINISH, DONE];
  const chunks = chunksOf(relayed(own).text);
  expect(chunks.map(({ x_groq: mark }) => mark)).toEqual([{ id: 'req_own' }, ...Array<undefined>(4)]);
});

test('an answer of several runs has one id, and the usage of all of them', () => {
  const answer = new KeptAnswer('chat', false, 'continue', 1, ID);
  answer.beginRun();
  let text = BODY.map((event) => answer.push(Buffer.from(event), 'flex')).join('');
  answer.beginRun();
  for (const event of [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: ' three' }),
    FINISH,
    usageChunk,
    DONE,
  ])
    text += answer.push(Buffer.from(event), 'flex');
  const marks = chunksOf(text).map(({ x_groq: mark }) => mark);
  // Of the seven tokens of the last run's prompt two are of the answer.
  expect(marks).toEqual([
    { id: ID },
    undefined,
    undefined,
    undefined,
    { id: ID, usage: expect.objectContaining({ prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 }) as object },
  ]);
});

test('an answer that starts again from its prompt starts with the id', () => {
  const answer = new KeptAnswer('chat', false, 'restart', 1, ID);
  answer.beginRun();
  answer.push(Buffer.from(BODY[0]!), 'flex');
  answer.beginRun();
  expect(chunksOf(answer.push(Buffer.from(BODY[0]!), 'flex'))).toMatchObject([{ x_groq: { id: ID } }]);
});

test('a whole answer has its id, unless it has one', () => {
  const told = (body: object): unknown => {
    const { pieces } = readAnswer(Buffer.from(JSON.stringify(body)), 'chat', 'flex', ID)!;
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  };
  expect(told({ id: 'c', usage: USAGE })).toMatchObject({ id: 'c', service_tier: 'flex', x_groq: { id: ID } });
  expect(told({ x_groq: { id: 'req_own' } })).toMatchObject({ x_groq: { id: 'req_own' } });
  const answer = new KeptAnswer('chat', false, 'continue', 1, ID);
  answer.beginRun();
  for (const event of WHOLE) answer.push(Buffer.from(event), 'flex');
  expect(answer.unary('flex', answer.usage)).toMatchObject({ x_groq: { id: ID }, usage: USAGE });
});
