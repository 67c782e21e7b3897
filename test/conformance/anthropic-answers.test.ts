import type Anthropic from '@anthropic-ai/sdk';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Witness } from '../e2e/books.ts';
import { closeChecked } from '../e2e/providers/hosted.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import { collect } from '../providers/until.ts';
import { answerOf, promptOf, saying, textOf, WEATHER, type Ask } from './anthropic-asking.ts';
import { BACKENDS, FORWARDED, OWN, startAnthropicHouse, TRANSLATED, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_1, ANTHROPIC_SDKS } from './anthropic-sdks.ts';

/** What Anthropic's SDKs promise their callers of an answer, whoever gave it. */

let house: AnthropicHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startAnthropicHouse();
});
afterEach(() => {
  house.checkProviders();
});
afterAll(() => closeChecked(house, witness));

const CASES = ANTHROPIC_SDKS.flatMap((sdk) => BACKENDS.map((backend) => ({ sdk, backend })));

describe.each(CASES)('$sdk.name, $backend.name', ({ sdk, backend }) => {
  const client = (): Anthropic => sdk.connect(house.url, { fetch: witness.fetch });
  const { model } = backend;
  const answer = (ask: Ask): Promise<Anthropic.Message> => answerOf(client(), ask, model);

  test('text comes with its usage, tier and identity', async () => {
    const call = client().messages.create({ ...saying('hello over there'), model });
    const { data, response, request_id: id } = await call.withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^msg_/) as string,
      type: 'message',
      role: 'assistant',
      model,
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: {
        input_tokens: expect.any(Number) as number,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        service_tier: 'standard',
      },
    });
    expect(data.content).toHaveLength(1);
    if (backend.echoes) expect(textOf(data)).toBe('echo: hello over there');
    else expect(textOf(data).split(' ')).toHaveLength(12);
    expect(data).toMatchObject({
      stop_reason: backend.echoes ? 'end_turn' : 'max_tokens',
      usage: { output_tokens: backend.echoes ? 4 : 12 },
    });
    expect(data.usage.input_tokens).toBeGreaterThan(0);
    expect(id).toMatch(/^req_/);
    expect(response.headers.get('x-request-id')).toBe(id);
    expect(response.headers.get('offpeak-upstream')).toBe(backend.upstream);
    expect(response.headers.get('offpeak-tier')).toBe('standard');
    expect(Number(response.headers.get('offpeak-cost-usd'))).toBeGreaterThanOrEqual(0);
  });

  test('a stream has every event in its place, and comes to the unary answer', async () => {
    const ask = saying('hello over there');
    const { data, response } = await client()
      .messages.create({ ...ask, model, stream: true })
      .withResponse();
    const events = await collect(data);
    const deltas = events.filter(({ type }) => type === 'content_block_delta');
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      ...deltas.map(() => 'content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(deltas.length).toBeGreaterThan(1);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
    expect(events[0]).toMatchObject({
      message: { content: [], stop_reason: null, usage: { service_tier: 'standard' } },
    });
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: backend.echoes ? 'end_turn' : 'max_tokens' },
      usage: { output_tokens: backend.echoes ? 4 : 12 },
    });
    await answer(ask);
  });

  test('helpers of the stream hear its text as it comes', async () => {
    const stream = client().messages.stream({ ...saying('hello over there'), model });
    const heard: string[] = [];
    stream.on('text', (delta) => heard.push(delta));
    const text = await stream.finalText();
    expect(heard.length).toBeGreaterThan(1);
    expect(heard.join('')).toBe(text);
    expect(stream.request_id).toMatch(/^req_/);
  });

  test('what the system says is read, as text and as blocks', async () => {
    const plain = await answer(saying('hello'));
    const told = await answer(saying('hello', { system: 'Answer in few words.' }));
    const blocks = await answer(
      saying('hello', {
        system: [
          { type: 'text', text: 'Answer in few words.' },
          { type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } },
        ],
      }),
    );
    expect(promptOf(told)).toBeGreaterThan(promptOf(plain));
    expect(promptOf(blocks)).toBeGreaterThan(promptOf(told));
  });

  test('a conversation goes on', async () => {
    const first = await answer(saying('hello'));
    const second = await answer({
      max_tokens: 12,
      messages: [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'text', text: 'and now?' }] },
      ],
    });
    expect(promptOf(second)).toBeGreaterThan(promptOf(first));
    if (backend.echoes) expect(textOf(second)).toBe('echo: and now?');
  });

  test('an image is seen', async () => {
    const image: Anthropic.ImageBlockParam = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: PNG_BASE64 },
    };
    const said = await answer(saying([image, { type: 'text', text: 'look' }]));
    if (backend.echoes) expect(textOf(said)).toBe('echo: look [image/png 70 bytes]');
    else expect(textOf(said).split(' ')).toHaveLength(12);
  });

  test('a document in words is read', async () => {
    const document: Anthropic.DocumentBlockParam = {
      type: 'document',
      title: 'A note',
      source: { type: 'text', media_type: 'text/plain', data: 'Power is cheap at night.' },
    };
    const said = await answer(saying([document, { type: 'text', text: 'When?' }]));
    expect(textOf(said)).not.toBe('');
    if (backend === FORWARDED) expect(textOf(said)).toBe('echo: When? [text/plain 24 bytes]');
    if (backend === TRANSLATED) expect(textOf(said)).toBe('echo: Power is cheap at night.When?');
  });

  test('an answer keeps to a schema, and the SDK parses it', async () => {
    const schema = {
      type: 'object',
      properties: { cheap: { type: 'boolean' }, hours: { type: 'integer' } },
      required: ['cheap', 'hours'],
      additionalProperties: false,
    } as const;
    const ask = saying('when is power cheap?', {
      max_tokens: 200,
      output_config: { format: { type: 'json_schema', schema } },
    });
    const expected = { cheap: expect.any(Boolean) as boolean, hours: expect.any(Number) as number };
    expect(JSON.parse(textOf(await answer(ask)))).toEqual(expected);
    const parsed = await client().messages.parse({
      ...ask,
      model,
      output_config: { format: jsonSchemaOutputFormat(schema) },
    });
    expect(parsed.parsed_output).toEqual(expected);
  });

  test('an answer ends at a stop sequence', async () => {
    const whole = textOf(await answer(saying('one two three')));
    const stop = whole.split(' ')[2]!;
    const cut = await answer(saying('one two three', { stop_sequences: [stop] }));
    expect(textOf(cut).trim()).toBe(whole.slice(0, whole.indexOf(stop)).trim());
    // OpenAI does not tell which sequence it came to, nor that it came to one.
    if (backend === TRANSLATED) expect(cut).toMatchObject({ stop_reason: 'end_turn', stop_sequence: null });
    else expect(cut).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: stop });
  });

  test('an answer ends at its bound', async () => {
    const cut = await answer(saying('one two three', { max_tokens: 2 }));
    expect(cut).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 2 } });
  });

  test('sampling and the user are passed on', async () => {
    // The newer version of the wire has no temperature any more: Anthropic itself refuses it there.
    const sampling = backend === FORWARDED && sdk === ANTHROPIC_1 ? {} : { temperature: 0.5 };
    const said = await answer({ ...saying('hello', { metadata: { user_id: 'someone' } }), ...sampling });
    expect(textOf(said)).not.toBe('');
    if (backend === FORWARDED) {
      expect(house.anthropic.last().body).toMatchObject({ ...sampling, metadata: { user_id: 'someone' } });
    }
    if (backend === TRANSLATED) {
      expect(house.openai.last().body).toMatchObject({ ...sampling, safety_identifier: 'someone' });
    }
  });

  test('tokens are counted', async () => {
    const { messages } = saying('hello over there');
    const { data, response } = await client().messages.countTokens({ model, messages }).withResponse();
    expect(data.input_tokens).toBeGreaterThan(0);
    expect(response.headers.get('offpeak-token-count')).toBe(backend === FORWARDED ? null : 'estimated');
    const more = await client().messages.countTokens({ model, messages, system: 'Be kind.', tools: [WEATHER] });
    expect(more.input_tokens).toBeGreaterThan(data.input_tokens);
  });
});

describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
  const client = (base = ''): Anthropic => sdk.connect(house.url + base, { fetch: witness.fetch });

  test.each(['', '/anthropic'])('models are listed and found at base "%s"', async (base) => {
    const listed = await collect(client(base).models.list());
    const ids = listed.map(({ id }) => id);
    for (const backend of BACKENDS) expect(ids).toContain(backend.model);
    const model = await client(base).models.retrieve('sim-8b');
    expect(model).toMatchObject({ type: 'model', id: 'sim-8b', display_name: 'sim-8b', max_input_tokens: 131_072 });
    expect(listed.find(({ id }) => id === 'sim-8b')).toEqual(JSON.parse(JSON.stringify(model)));
    expect(model._request_id).toMatch(/^req_/);
  });

  test.each([FORWARDED, TRANSLATED])('$name: a model that declines says so in the reason', async ({ model }) => {
    const declined = { ...saying('refuse this', { max_tokens: 100 }), model };
    const whole = await client().messages.create(declined);
    const streamed = await client().messages.stream(declined).finalMessage();
    for (const message of [whole, streamed]) {
      expect(textOf(message)).toBe('I cannot help with that.');
      expect(message.stop_reason).toBe('refusal');
    }
  });

  test('the prefixed base serves messages and counts', async () => {
    const ask = { ...saying('hello'), model: OWN.model };
    expect(textOf(await client('/anthropic').messages.create(ask))).not.toBe('');
    expect(await client('/anthropic').messages.countTokens({ model: OWN.model, messages: ask.messages })).toEqual({
      input_tokens: expect.any(Number) as number,
    });
  });
});
