import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkBooks, Witness } from '../e2e/books.ts';
import { startHouse, type House } from '../e2e/harness.ts';
import { failure } from './failure.ts';
import {
  callsIn,
  endOf,
  eventsOf,
  MAJORS,
  saidIn,
  textFormatOf,
  WEATHER,
  wholeClient,
  type Ask,
  type Event,
} from './responses-client.ts';

/** What the SDKs promise their callers of a Response, on an engine that has never heard of that wire. */

let house: House;
const witness = new Witness();
beforeAll(async () => {
  house = await startHouse();
});
afterAll(async () => {
  try {
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});

const ASK: Ask = {
  model: 'sim-8b',
  max_output_tokens: 12,
  instructions: 'Answer in words.',
  input: 'What is off-peak power?',
};

/** The order in which the wire tells an answer of one message. */
const ORDER = [
  'response.created',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
  'response.output_text.delta',
  'response.output_text.done',
  'response.content_part.done',
  'response.output_item.done',
];

/** The types of events, each once where it comes several times in a row. */
function course(events: readonly Event[]): string[] {
  return events.map(({ type }) => type).filter((type, index, types) => type !== types[index - 1]);
}

describe.each(MAJORS)('$name', (sdk) => {
  const connect = (base = '/v1') => wholeClient(sdk, house.url + base, { fetch: witness.fetch });

  /** Both ways that an answer comes about: passed on as it comes, and kept because it may be evicted. */
  describe.each(['default', 'flex'] as const)('at %s', (word) => {
    const ask = { ...ASK, service_tier: word };

    test('a unary answer has its text, usage and tier, and says why it ended', async () => {
      const answer = await connect().responses.create(ask);
      expect(answer).toMatchObject({
        object: 'response',
        model: 'sim-8b',
        service_tier: word,
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        error: null,
        instructions: ASK.instructions,
        max_output_tokens: 12,
      });
      expect(answer.id).toMatch(/^resp_/);
      expect(answer.output_text.split(' ')).toHaveLength(12);
      expect(answer.output).toMatchObject([{ type: 'message', role: 'assistant', content: [{ type: 'output_text' }] }]);
      const { input_tokens: input, output_tokens: output, total_tokens: sum } = answer.usage!;
      expect([output, sum]).toEqual([12, input + 12]);
    });

    test('a stream tells the unary answer in events of increasing number', async () => {
      const client = connect();
      const unary = await client.responses.create(ask);
      const events = await eventsOf(await client.responses.create({ ...ask, stream: true }));
      expect(course(events)).toEqual([...ORDER, 'response.incomplete']);
      expect(events.map((event) => ('sequence_number' in event ? event.sequence_number : null))).toEqual(
        events.map((_, index) => index),
      );
      expect(saidIn(events)).toBe(unary.output_text);
      const end = endOf(events);
      expect(end).toMatchObject({ service_tier: word, usage: { output_tokens: 12 }, status: 'incomplete' });
      const ids = events.flatMap((event) => ('response' in event ? [event.response.id] : []));
      expect(new Set(ids)).toEqual(new Set([end.id]));
    });

    test('the stream helper puts the same answer together', async () => {
      const client = connect();
      const heard: string[] = [];
      const stream = client.responses.stream(ask);
      stream.on('response.output_text.delta', ({ delta }) => heard.push(delta));
      const answer = await stream.finalResponse();
      expect(answer.output_text).toBe((await client.responses.create(ask)).output_text);
      expect(heard.join('')).toBe(answer.output_text);
      expect(answer).toMatchObject({ service_tier: word, usage: { output_tokens: 12 } });
    });

    test('a tool call comes whole', async () => {
      const body: Ask = { ...ask, max_output_tokens: 200, tools: [WEATHER], tool_choice: 'required' };
      const client = connect();
      const answer = await client.responses.create(body);
      expect(answer.status).toBe('completed');
      const [call] = callsIn(answer);
      expect(call).toMatchObject({ name: 'get_weather', status: 'completed' });
      expect(JSON.parse(call!.arguments)).toMatchObject({ city: expect.any(String) as string });

      const events = await eventsOf(await client.responses.create({ ...body, stream: true }));
      const pieces = events.map((event) =>
        event.type === 'response.function_call_arguments.delta' ? event.delta : '',
      );
      expect(pieces.join('')).toBe(call!.arguments);
      expect(callsIn(endOf(events))).toMatchObject([{ name: call!.name, arguments: call!.arguments }]);
      const helped = await client.responses.stream(body).finalResponse();
      expect(callsIn(helped)).toMatchObject([{ name: call!.name, arguments: call!.arguments }]);
    });

    test('a schema is kept to, and parsed', async () => {
      const tariff = z.object({ cheap: z.boolean(), hours: z.int() });
      const text = { format: textFormatOf(sdk)(tariff, 'tariff') };
      const body = { ...ask, max_output_tokens: 200, text };
      const client = connect();
      const expected = { cheap: expect.any(Boolean) as boolean, hours: expect.any(Number) as number };
      expect((await client.responses.parse(body)).output_parsed).toEqual(expected);
      expect((await client.responses.stream(body).finalResponse()).output_parsed).toEqual(expected);
      const free = await client.responses.create({ ...body, text: { format: { type: 'json_object' } } });
      expect(JSON.parse(free.output_text)).toBeTypeOf('object');
    });

    test('log probabilities are told of every token', async () => {
      const body = { ...ask, include: ['message.output_text.logprobs' as const], top_logprobs: 2 };
      const client = connect();
      const answer = await client.responses.create(body);
      const [item] = answer.output;
      const content = item?.type === 'message' ? item.content[0] : undefined;
      const told = content?.type === 'output_text' ? content.logprobs! : [];
      expect(told.map(({ token }) => token).join('')).toBe(answer.output_text);
      for (const { logprob, top_logprobs: top } of told) {
        expect(logprob).toBeLessThanOrEqual(0);
        expect(top).toHaveLength(2);
      }
      const events = await eventsOf(await client.responses.create({ ...body, stream: true }));
      const streamed = events.flatMap((event) =>
        event.type === 'response.output_text.delta' ? event.logprobs.map(({ token }) => token) : [],
      );
      expect(streamed.join('')).toBe(answer.output_text);
    });
  });

  test('the served tier, the request id and the cost are in headers', async () => {
    const { data, response } = await connect()
      .responses.create({ ...ASK, service_tier: 'flex' })
      .withResponse();
    expect(data.service_tier).toBe('flex');
    expect(response.headers.get('offpeak-tier')).toBe('flex');
    expect(response.headers.get('offpeak-requested-tier')).toBe('flex');
    expect(response.headers.get('offpeak-upstream')).toBe('gpu-0');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(Number(response.headers.get('offpeak-cost-usd'))).toBeGreaterThan(0);
  });

  test('an image reaches the engine in its own form, and a file is refused by name', async () => {
    const client = connect();
    const words = { type: 'input_text' as const, text: 'What is this?' };
    const image = {
      type: 'input_image' as const,
      image_url: 'data:image/png;base64,iVBORw0KGgo=',
      detail: 'low' as const,
    };
    const file = {
      type: 'input_file' as const,
      filename: 'plan.pdf',
      file_data: 'data:application/pdf;base64,JVBERi0=',
    };
    const plain = await client.responses.create({ ...ASK, input: [{ role: 'user', content: [words] }] });
    const shown = await client.responses.create({ ...ASK, input: [{ role: 'user', content: [words, image] }] });
    expect(shown.usage!.input_tokens).toBeGreaterThan(plain.usage!.input_tokens);
    expect(shown.output_text).not.toBe(plain.output_text);
    const refused = await failure(
      client.responses.create({ ...ASK, input: [{ role: 'user', content: [words, file] }] }),
    );
    expect(refused).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(refused)).toMatchObject({ param: 'input[].content[].file_data', code: 'unsupported_value' });
  });

  test('a prompt that the engine has cached is told as cached', async () => {
    const long = { ...ASK, input: `${sdk.name}: ${'a tale of the river and the road. '.repeat(40)}` };
    await connect().responses.create(long);
    const again = await connect().responses.create(long);
    const { input_tokens: input, input_tokens_details: details } = again.usage!;
    expect(details.cached_tokens).toBeGreaterThan(0);
    expect(details.cached_tokens).toBeLessThanOrEqual(input);
  });

  test.each(['/v1', '/openai'])('is served at %s', async (base) => {
    expect((await connect(base).responses.create(ASK)).service_tier).toBe('default');
  });

  test("is served at Groq's path, where auto is Groq's", async () => {
    const { response } = await connect('/openai/v1')
      .responses.create({ ...ASK, service_tier: 'auto' })
      .withResponse();
    expect(response.headers.get('offpeak-requested-tier')).toBe('auto');
    expect(response.headers.get('offpeak-tier')).toBe('standard');
  });
});
