import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalAnswer, Choice, StreamPart, TokenLogprob } from '../canonical/answer.ts';
import { canonicalAnswer, streamOf, type AnswerCan } from '../canonical/testing/answers.ts';
import { collect } from '../canonical/testing/collect.ts';
import { Garbled } from '../canonical/feature.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import { DIALECTS } from '../dialects.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { RESPONSES_CODEC } from './codec.ts';

const AS: AnswerIdentity = { id: 'x1', model: 'chat', created: 1_795_000_000, tierWord: () => 'flex' };
const WISH: StreamWish = { includeUsage: true, inputTokens: 1, request: {} };
const CAN: AnswerCan = {
  choicesMax: 1,
  refusals: true,
  thoughts: true,
  bareThoughts: true,
  states: ['anthropic', 'gemini', 'bedrock', 'openai'],
  callStates: ['gemini'],
  stops: ['end', 'length', 'filtered'],
  stopSequences: false,
  logprobs: true,
  logprobBytes: true,
  texts: false,
  cacheWrite: true,
  callId: (call) => `call_${call}`,
};

/** What the wire tells in another form: refusals by what was refused, bytes of every token, the id of OpenAI's own thoughts. */
function inItsForm(answer: CanonicalAnswer): CanonicalAnswer {
  const choices = answer.choices.map((choice): Choice => {
    const declined = choice.stop === 'end' && choice.parts.some((part) => part.kind === 'refusal');
    const parts = choice.parts.map((part) =>
      part.kind === 'reasoning' && part.state?.from === 'openai'
        ? { ...part, state: { ...part.state, id: 'rs_offpeak_x1_0' } }
        : part,
    );
    const logprobs = choice.logprobs?.map(({ top, ...token }) => ({ ...withBytes(token), top: top.map(withBytes) }));
    return {
      ...choice,
      parts,
      ...(declined ? { stop: 'refusal' } : {}),
      ...(logprobs === undefined ? {} : { logprobs }),
    };
  });
  return { ...answer, id: 'resp_x1', model: 'chat', tierWord: 'flex', choices };
}

function withBytes<T extends TokenLogprob['top'][number]>(token: T): T {
  return { ...token, bytes: token.bytes ?? [...Buffer.from(token.token)] };
}

function written(parts: readonly StreamPart[], wish: StreamWish = WISH): string {
  const encoder = RESPONSES_CODEC.streamEncoder(AS, wish);
  return Buffer.concat([...parts.map((part) => encoder.write([part])), encoder.end()]).toString();
}

function read(stream: Buffer, cuts: readonly number[] = []): StreamPart[] {
  const decoder = RESPONSES_CODEC.streamDecoder({});
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  const parts: StreamPart[] = [];
  let start = 0;
  for (const end of [...ends, stream.length]) {
    parts.push(...decoder.push(stream.subarray(start, end)));
    start = end;
  }
  return parts;
}

interface Event {
  readonly name: string;
  readonly data: JsonObject;
}

function events(stream: string): Event[] {
  return stream
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const match = /^event: ([^\n]*)\ndata: ([^\n]*)$/.exec(block);
      if (match === null) throw new Error(block);
      return { name: match[1]!, data: JSON.parse(match[2]!) as JsonObject };
    });
}

describe('both ways', () => {
  test('an answer comes back as it was', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), (answer) => {
        const body = JSON.parse(JSON.stringify(RESPONSES_CODEC.encodeAnswer(answer, AS, WISH))) as JsonObject;
        expect(RESPONSES_CODEC.decodeAnswer(body, {})).toEqual(inItsForm(answer));
      }),
    );
  });

  test('so does a streamed one, and the whole made of its stream is the same', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), fc.integer({ min: 1, max: 9 }), (answer, size) => {
        expect(collect(read(Buffer.from(written(streamOf(answer, size)))))).toEqual(inItsForm(answer));
      }),
    );
  });

  test("a stream's last event has the unary answer", () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), (answer) => {
        const last = events(written(streamOf(answer, 4))).at(-1)!;
        const unary: unknown = JSON.parse(JSON.stringify(RESPONSES_CODEC.encodeAnswer(answer, AS, WISH)));
        expect(last.data['response']).toEqual(unary);
      }),
    );
  });

  test('however it is cut, the parts are the same', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), fc.array(fc.nat(), { maxLength: 30 }), (answer, cuts) => {
        const stream = Buffer.from(written(streamOf(answer, 4)));
        expect(read(stream, cuts)).toEqual(read(stream));
      }),
      { numRuns: 50 },
    );
    const stream = Buffer.from(written(streamOf(SPOKEN, 4)));
    const everywhere = Array.from({ length: stream.length }, (_, at) => at);
    expect(read(stream, everywhere)).toEqual(read(stream));
  });

  test('whatever comes, it is read or called garbled', () => {
    const kinds = fc.constantFrom(
      'created',
      'output_item.added',
      'output_item.done',
      'output_text.delta',
      'completed',
      'failed',
    );
    const names = fc.constantFrom(
      'output_index',
      'item',
      'response',
      'delta',
      'error',
      'output',
      'content',
      'summary',
      'usage',
    );
    const inner = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }));
    const event = fc
      .tuple(kinds, fc.dictionary(names, fc.oneof(fc.jsonValue(), inner, fc.array(inner))))
      .map(([kind, members]) => ({ type: `response.${kind}`, ...members }));
    fc.assert(
      fc.property(fc.array(event), fc.uint8Array(), (all, noise) => {
        const stream = Buffer.from(all.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''));
        for (const bytes of [stream, Buffer.concat([stream, noise, Buffer.from('\n\n')])]) {
          garbledOr(() => read(bytes));
          garbledOr(() => RESPONSES_CODEC.streamWatcher({}).push(bytes));
        }
        for (const body of all) garbledOr(() => RESPONSES_CODEC.decodeAnswer(body, {}));
      }),
    );
  });

  test('a watcher sees what a decoder sees', () => {
    fc.assert(
      fc.property(canonicalAnswer(CAN), fc.array(fc.nat(), { maxLength: 9 }), (answer, cuts) => {
        const stream = Buffer.from(written(streamOf(answer, 4)));
        const watcher = RESPONSES_CODEC.streamWatcher({});
        let start = 0;
        for (const end of [...cuts.map((cut) => cut % stream.length).sort((a, b) => a - b), stream.length]) {
          watcher.push(stream.subarray(start, end));
          start = end;
        }
        const pieces = read(stream).filter((part) => 'text' in part || 'json' in part);
        expect(watcher).toMatchObject({
          tokens: pieces.length,
          usage: answer.usage,
          tierWord: 'flex',
          failure: null,
          marked: true,
          whole: true,
        });
      }),
      { numRuns: 50 },
    );
  });
});

function garbledOr(step: () => unknown): void {
  try {
    step();
  } catch (error) {
    expect(error).toBeInstanceOf(Garbled);
  }
}

const SPOKEN: CanonicalAnswer = {
  choices: [
    {
      parts: [
        { kind: 'reasoning', text: 'Hm.', state: { from: 'openai', form: 'encrypted', data: 'enc', id: 'rs_7' } },
        { kind: 'text', text: 'Die Donau 日本.' },
        { kind: 'tool-call', id: 'call_a', name: 'weather', input: '{"at":"Ulm"}' },
      ],
      stop: 'tool-calls',
    },
  ],
  usage: { input: 9, cachedInput: 4, output: 5, reasoning: 2 },
};
const FIRST_ANSWER: CanonicalAnswer = {
  ...SPOKEN,
  choices: [{ parts: [{ kind: 'text', text: 'ab' }], stop: 'length' }],
};

describe('the form', () => {
  test('of an answer, with what it repeats of the request', () => {
    const request = { instructions: 'Be brief.', temperature: 0.5, store: false, secret: 'not repeated' };
    const body = RESPONSES_CODEC.encodeAnswer(SPOKEN, AS, { ...WISH, request });
    expect(body).toEqual({
      id: 'resp_x1',
      object: 'response',
      created_at: 1_795_000_000,
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: 'chat',
      output: [
        { id: 'rs_7', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'enc' },
        {
          id: 'msg_offpeak_x1_1',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', annotations: [], logprobs: [], text: 'Die Donau 日本.' }],
        },
        {
          id: 'fc_offpeak_x1_2',
          type: 'function_call',
          status: 'completed',
          arguments: '{"at":"Ulm"}',
          call_id: 'call_a',
          name: 'weather',
        },
      ],
      background: false,
      instructions: 'Be brief.',
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      store: false,
      temperature: 0.5,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: null,
      truncation: 'disabled',
      user: null,
      access_programs: null,
      service_tier: 'flex',
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 14,
      },
    });
  });

  test('of a stream', () => {
    const found = events(written(streamOf(SPOKEN, 100)));
    expect(found.map(({ name }) => name.replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ]);
    expect(found.every(({ name, data }) => data['type'] === name)).toBe(true);
    expect(found.map(({ data }) => data['sequence_number'])).toEqual(found.map((_, index) => index));
  });

  test('of an answer that is cut off: the last item and the whole are incomplete', () => {
    expect(RESPONSES_CODEC.encodeAnswer(FIRST_ANSWER, AS, WISH)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
    expect(events(written(streamOf(FIRST_ANSWER, 1))).at(-1)).toMatchObject({ name: 'response.incomplete' });
  });

  test('of a problem inside a stream: an event that both majors of the SDK throw', () => {
    const text = DIALECTS.responses.streamProblem({ kind: 'internal' }).toString();
    const [event] = events(text);
    expect(event).toMatchObject({
      name: 'error',
      data: {
        type: 'error',
        code: 'internal_error',
        param: null,
        error: { type: 'server_error', code: 'internal_error' },
      },
    });
  });

  test('state survives the way through a client, also that of calls', () => {
    const parts: Choice['parts'] = [
      { kind: 'reasoning', text: 'Hm.', state: { from: 'anthropic', form: 'signature', data: 's' } },
      {
        kind: 'tool-call',
        id: 'a',
        name: 'f',
        input: '{}',
        state: { from: 'gemini', form: 'thoughtSignature', data: 't' },
      },
    ];
    const body = RESPONSES_CODEC.encodeAnswer({ choices: [{ parts, stop: 'tool-calls' }], usage: null }, AS, WISH);
    const next = RESPONSES_CODEC.decodeRequest({ model: 'm', input: body['output'] }, {});
    expect(next.messages).toEqual([{ role: 'assistant', parts: [parts[0], { ...parts[1], input: {} }] }]);
  });
});

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...members })}\n\n`;
}

describe('what upstreams send', () => {
  const created = event('response.created', {
    response: { id: 'resp_u', model: 'm', service_tier: 'auto', output: [] },
  });

  test('a summary in parts is one text, and the served tier comes with the end', () => {
    const stream = [
      created,
      event('response.output_item.added', { output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } }),
      event('response.reasoning_summary_part.added', { output_index: 0, summary_index: 0 }),
      event('response.reasoning_summary_text.delta', { output_index: 0, delta: 'a' }),
      event('response.reasoning_summary_part.added', { output_index: 0, summary_index: 1 }),
      event('response.reasoning_summary_text.delta', { output_index: 0, delta: 'b' }),
      event('response.output_item.done', {
        output_index: 0,
        item: { id: 'rs_1', type: 'reasoning', encrypted_content: 'e' },
      }),
      event('response.completed', {
        response: { status: 'completed', service_tier: 'flex', usage: { input_tokens: 3, output_tokens: 2 } },
      }),
    ].join('');
    expect(read(Buffer.from(stream))).toEqual([
      { kind: 'start', id: 'resp_u', model: 'm' },
      { kind: 'reasoning', choice: 0, text: 'a' },
      { kind: 'reasoning', choice: 0, text: '\n\n' },
      { kind: 'reasoning', choice: 0, text: 'b' },
      { kind: 'reasoning-state', choice: 0, state: { from: 'openai', form: 'encrypted', data: 'e', id: 'rs_1' } },
      { kind: 'finish', choice: 0, stop: 'end' },
      { kind: 'usage', usage: { input: 3, cachedInput: 0, output: 2, reasoning: 0 }, tierWord: 'flex' },
      { kind: 'end' },
    ]);
  });

  test('items that come whole, without deltas, and those of tools that ran there', () => {
    const call = { id: 'fc_1', type: 'function_call', call_id: 'a', name: 'f', arguments: '{"x":1}' };
    const message = { id: 'msg_1', type: 'message', content: [{ type: 'output_text', text: 'hi' }] };
    const stream = [
      created,
      ...[{ id: 'ws', type: 'web_search_call' }, message, call].flatMap((item, index) => [
        event('response.output_item.added', { output_index: index, item }),
        event('response.output_item.done', { output_index: index, item }),
      ]),
    ].join('');
    expect(read(Buffer.from(stream)).slice(1)).toEqual([
      { kind: 'text', choice: 0, text: 'hi' },
      { kind: 'tool-start', choice: 0, call: 0, id: 'a', name: 'f' },
      { kind: 'tool-input', choice: 0, call: 0, json: '{"x":1}' },
    ]);
  });

  test.each<[string, string]>([
    ['flat', event('error', { code: 'rate_limit_exceeded', message: 'Slow down.', param: null })],
    ['nested', event('error', { error: { code: 'rate_limit_exceeded', message: 'Slow down.' } })],
    [
      'of the whole',
      event('response.failed', {
        response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } },
      }),
    ],
    [
      'without a type',
      `data: ${JSON.stringify({ error: { code: 'rate_limit_exceeded', message: 'Slow down.' } })}\n\n`,
    ],
  ])('an error %s', (_, stream) => {
    const failure = { kind: 'limited', message: 'Slow down.', code: 'rate_limit_exceeded' };
    expect(read(Buffer.from(created + stream)).at(-1)).toEqual({ kind: 'error', failure });
    const watcher = RESPONSES_CODEC.streamWatcher({});
    watcher.push(Buffer.from(created + stream));
    expect(watcher).toMatchObject({ failure, whole: false });
  });

  test.each([
    ['failed', { status: 'failed', output: [], error: { message: 'Out of memory.' } }, 'failed: Out of memory.'],
    ['in the background', { status: 'queued', output: [] }, 'queued'],
    ['without output', {}, 'output'],
  ])('an answer %s is none', (_, body, message) => {
    expect(() => RESPONSES_CODEC.decodeAnswer(body, {})).toThrow(Garbled);
    expect(() => RESPONSES_CODEC.decodeAnswer(body, {})).toThrow(message);
  });

  test('facts of an answer that passes as bytes', () => {
    const body = Buffer.from(JSON.stringify(RESPONSES_CODEC.encodeAnswer(SPOKEN, AS, WISH)));
    expect(RESPONSES_CODEC.answerFacts(body, {})).toEqual({ usage: SPOKEN.usage, tierWord: 'flex' });
  });

  test('tiers', () => {
    expect(RESPONSES_CODEC.servedTier('ultrafast')).toBe('priority');
    expect(RESPONSES_CODEC.servedTier('auto')).toBeUndefined();
    expect(RESPONSES_CODEC.askWord('standard')).toBe('default');
  });
});
