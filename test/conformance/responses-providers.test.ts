import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rowsOf, Witness } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import { OPENAI_KEY } from '../providers/openai/fake.ts';
import { failure } from './failure.ts';
import {
  ALL_PROVIDERS,
  BACKENDS,
  CALL_BOTH,
  fakeOf,
  OPENAI_BACKEND,
  PDF_URL,
  type Backend,
} from './openai-backends.ts';
import {
  callsIn,
  endOf,
  eventsOf,
  MAJORS,
  saidIn,
  textFormatOf,
  WEATHER,
  wholeClient,
  type Answer,
  type Ask,
} from './responses-client.ts';
import type { OpenAiSdk } from './sdks.ts';

/** Responses of hosted providers: OpenAI's own as bytes, and kept there; the others' in translation, and kept here. */

let house: HostedHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startHosted({ providers: ALL_PROVIDERS, engines: [{}], projects: ['first', 'second'] });
});
afterAll(() => closeChecked(house, witness));

function connectTo(sdk: OpenAiSdk, project = 'first'): OpenAI {
  return wholeClient(sdk, `${house.url}/v1`, { fetch: witness.fetch, apiKey: house.keys[project]! });
}

const TOOLS = [WEATHER, { ...WEATHER, name: 'get_traffic' }];
const CALL = CALL_BOTH.replace('weather', 'get_weather').replace('traffic', 'get_traffic');

/** The names of members that a chat request has elsewhere. */
const PARAMS: Readonly<Partial<Record<keyof Backend['refuses'], string>>> = {
  json: 'text.format',
  file: 'input[].content[].file_data',
  logprobs: 'top_logprobs',
};

const CASES = BACKENDS.flatMap((backend) => MAJORS.map((sdk) => ({ backend, sdk, name: sdk.name, ...backend })));

describe.each(CASES)('$name, $provider', ({ backend, sdk, provider, model, thinker, refuses }) => {
  beforeEach(() => {
    fakeOf(house, backend).settings.usage = {};
  });

  const connect = (): OpenAI => connectTo(sdk);
  const ask = (input: Ask['input'] & {}, more: Partial<Ask> = {}): Promise<Answer> =>
    connect().responses.create({ model, input, ...more });
  const streamed = async (input: Ask['input'] & {}, more: Partial<Ask> = {}): Promise<Answer> =>
    endOf(await eventsOf(await connect().responses.create({ model, input, ...more, stream: true })));

  async function refused(feature: keyof Backend['refuses'], call: () => Promise<unknown>): Promise<boolean> {
    if (refuses[feature] === undefined) return false;
    const { requests } = fakeOf(house, backend);
    const before = requests.length;
    const error = await failure(call());
    expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(error).param).toBe(PARAMS[feature] ?? refuses[feature]);
    expect(requests).toHaveLength(before);
    return true;
  }

  test('a unary answer and a stream say the same, and the served tier', async () => {
    const { data, response } = await connect().responses.create({ model, input: 'over there' }).withResponse();
    expect(data).toMatchObject({ object: 'response', status: 'completed', model, service_tier: 'default' });
    expect(data.output_text).toBe('echo: over there');
    expect(data.usage!.total_tokens).toBe(data.usage!.input_tokens + data.usage!.output_tokens);
    expect(response.headers.get('offpeak-upstream')).toBe(provider);

    const events = await eventsOf(await connect().responses.create({ model, input: 'over there', stream: true }));
    expect(events[0]!.type).toBe('response.created');
    expect(events.map((event) => ('sequence_number' in event ? event.sequence_number : null))).toEqual(
      events.map((_, index) => index),
    );
    expect(saidIn(events)).toBe('echo: over there');
    expect(endOf(events)).toMatchObject({ status: 'completed', service_tier: 'default', usage: data.usage });
    const helped = await connect().responses.stream({ model, input: 'over there' }).finalResponse();
    expect(helped.output_text).toBe('echo: over there');
  });

  test('flex and ultrafast are asked for in words that the provider knows', async () => {
    const fake = fakeOf(house, backend);
    if (!(await refused('flex', () => ask('night', { service_tier: 'flex' })))) {
      expect((await ask('night', { service_tier: 'flex' })).service_tier).toBe('flex');
      expect((await streamed('night', { service_tier: 'flex' })).service_tier).toBe('flex');
      expect(JSON.stringify(fake.last().body).toLowerCase()).toContain('"flex"');
    }
    const isServed = provider === 'openai' || provider === 'gemini';
    expect((await ask('day', { service_tier: 'ultrafast' })).service_tier).toBe(isServed ? 'priority' : 'default');
  });

  test('a conversation goes on, with the calls of tools and their results', async () => {
    const first = await ask(CALL, { tools: TOOLS });
    const calls = callsIn(first);
    expect(calls.map(({ name, arguments: text }) => [name, text])).toEqual([
      ['get_weather', '{"city":"Rome"}'],
      ['get_traffic', '{"city":"Rome"}'],
    ]);
    const input = calls.map(({ call_id }, index) => ({
      type: 'function_call_output' as const,
      call_id,
      output: ['rain', 'jam'][index]!,
    }));
    const second = await ask(input, { tools: TOOLS, previous_response_id: first.id });
    expect(second.output_text).toBe('results: get_weather=rain, get_traffic=jam');
    expect(second.previous_response_id).toBe(first.id);
    const third = await streamed('thanks', { tools: TOOLS, previous_response_id: second.id });
    expect(third.output_text ?? saidBy(third)).toBe('echo: thanks');
    // All of it was said again to the one who has no memory, and nothing to the one who has.
    const sent = JSON.stringify(fakeOf(house, backend).last().body);
    expect(sent.includes('rain')).toBe(provider !== 'openai');
    expect(sent.includes(second.id)).toBe(provider === 'openai');
  });

  test('calls come in pieces', async () => {
    const events = await eventsOf(await connect().responses.create({ model, input: CALL, tools: TOOLS, stream: true }));
    const pieces = new Map<number, string>();
    for (const event of events) {
      if (event.type !== 'response.function_call_arguments.delta') continue;
      pieces.set(event.output_index, (pieces.get(event.output_index) ?? '') + event.delta);
    }
    expect([...pieces.values()]).toEqual(['{"city":"Rome"}', '{"city":"Rome"}']);
    expect(callsIn(endOf(events)).map(({ arguments: text }) => text)).toEqual([...pieces.values()]);
  });

  test('an answer is read again, listed with what it was made from, and deleted', async () => {
    const client = connect();
    const answer = await ask('to be kept');
    expect(await client.responses.retrieve(answer.id)).toEqual(answer);
    const items = (await client.responses.inputItems.list(answer.id)).data;
    expect(JSON.stringify(items)).toContain('to be kept');
    await client.responses.delete(answer.id);
    expect(await failure(client.responses.retrieve(answer.id))).toBeInstanceOf(sdk.errors.NotFoundError);
    const gone = await failure(ask('on', { previous_response_id: answer.id }));
    expect(sdk.told(gone)).toMatchObject({ status: 400, code: 'previous_response_not_found' });
  });

  test('one that streamed is kept as well, and one that was not to be kept is not', async () => {
    const client = connect();
    const answer = await streamed('to be kept');
    expect((await client.responses.retrieve(answer.id)).output).toEqual(answer.output);
    const unkept = await ask('to be forgotten', { store: false });
    expect(await failure(client.responses.retrieve(unkept.id))).toBeInstanceOf(sdk.errors.NotFoundError);
    if (provider === 'openai') expect(fakeOf(house, backend).last().body).toMatchObject({ store: false });
  });

  test('another project has nothing of it', async () => {
    const { id } = await ask('mine');
    const fake = fakeOf(house, backend);
    const before = fake.requests.length;
    const stranger = connectTo(sdk, 'second');
    for (const call of [
      () => stranger.responses.retrieve(id),
      () => stranger.responses.inputItems.list(id),
      () => stranger.responses.delete(id),
      () => stranger.responses.cancel(id),
    ]) {
      expect(await failure(call())).toBeInstanceOf(sdk.errors.NotFoundError);
    }
    const continued = await failure(stranger.responses.create({ model, input: 'ours', previous_response_id: id }));
    expect(sdk.told(continued)).toMatchObject({ code: 'previous_response_not_found' });
    // The provider, who would know the answer, was not even asked.
    expect(fake.requests).toHaveLength(before);
    expect((await connect().responses.retrieve(id)).id).toBe(id);
  });

  test('a schema is kept to, and parsed', async () => {
    const text = { format: textFormatOf(sdk)(z.object({ cheap: z.boolean(), hours: z.string() }), 'tariff') };
    const expected = { cheap: true, hours: 'text' };
    expect((await connect().responses.parse({ model, input: 'when?', text })).output_parsed).toEqual(expected);
    const helped = await connect().responses.stream({ model, input: 'when?', text }).finalResponse();
    expect(helped.output_parsed).toEqual(expected);
    const free = () => ask('json', { text: { format: { type: 'json_object' } } });
    if (!(await refused('json', free))) expect((await free()).output_text).toBe('{}');
  });

  test('images and files are seen', async () => {
    const words = { type: 'input_text' as const, text: 'see' };
    const image = {
      type: 'input_image' as const,
      image_url: `data:image/png;base64,${PNG_BASE64}`,
      detail: 'auto' as const,
    };
    const file = { type: 'input_file' as const, filename: 'plan.pdf', file_data: PDF_URL };
    const seen = async (part: typeof image | typeof file): Promise<string> =>
      (await ask([{ role: 'user', content: [words, part] }])).output_text;
    expect(await seen(image)).toBe('echo: see [image/png 70 bytes]');
    if (!(await refused('file', () => seen(file))))
      expect(await seen(file)).toBe('echo: see [application/pdf 9 bytes]');
  });

  test('log probabilities come, or are refused by name', async () => {
    const probable = () => ask('day', { include: ['message.output_text.logprobs'], top_logprobs: 1 });
    if (await refused('logprobs', probable)) return;
    const [item] = (await probable()).output;
    const content = item?.type === 'message' ? item.content[0] : undefined;
    expect(content?.type === 'output_text' ? content.logprobs!.map(({ token }) => token).join('') : '').toBe(
      'echo: day',
    );
  });

  test('thoughts are told, and come back to who thought them', async () => {
    const reasoning = { effort: 'low' as const, summary: 'auto' as const };
    const more = { model: thinker, reasoning };
    const answer = await ask('deep', more);
    expect(answer.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(answer.output[0]).toMatchObject({ summary: [{ type: 'summary_text', text: 'thinking about: deep' }] });
    expect(answer.usage!.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    const events = await eventsOf(await connect().responses.create({ ...more, input: 'deep', stream: true }));
    const told = events.map((event) => (event.type === 'response.reasoning_summary_text.delta' ? event.delta : ''));
    expect(told.join('')).toBe('thinking about: deep');
    // In the history that the provider keeps, in the one that is kept here, and in the client's own.
    expect((await ask('on', { ...more, previous_response_id: answer.id })).output_text).toBe('echo: on');
    const own = [
      { role: 'user' as const, content: 'deep' },
      ...answer.output,
      { role: 'user' as const, content: 'on' },
    ];
    expect((await ask(own as Ask['input'] & {}, more)).output_text).toBe('echo: on');
  });

  test('an answer says why it ended', async () => {
    const answer = await ask('one two three four five six seven', { max_output_tokens: 16 });
    expect(answer.status).toBe('completed');
    const long = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');
    for (const cut of [await ask(long, { max_output_tokens: 16 }), await streamed(long, { max_output_tokens: 16 })]) {
      expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
    }
    if (provider !== 'openai' && provider !== 'gemini') return;
    expect(await ask('filter this')).toMatchObject({ incomplete_details: { reason: 'content_filter' } });
  });

  test('usage is counted as this wire counts it', async () => {
    fakeOf(house, backend).settings.usage = { input: 100, cached: 64, output: 8, reasoning: 4 };
    const expected = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 64 },
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 112,
    };
    expect((await ask('day')).usage).toMatchObject(expected);
    expect((await streamed('day')).usage).toMatchObject(expected);
  });

  test('what only changes nothing is left out, and the background is refused', async () => {
    const { response } = await connect()
      .responses.create({ model, input: 'day', metadata: { team: 'night' } })
      .withResponse();
    if (provider === 'openai') expect(response.headers.get('offpeak-ignored')).toBeNull();
    else expect(response.headers.get('offpeak-ignored')).toContain('metadata');
    const background = await failure(ask('later', { background: true }));
    expect(background).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(background).param).toBe('background');
  });

  test('nothing was sent that the provider would not have taken', () => {
    expect(fakeOf(house, backend).violations).toEqual([]);
  });
});

/** A streamed answer has no text of its own put together. */
function saidBy({ output }: Answer): string {
  return output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');
}

describe.each(MAJORS)('$name', (sdk) => {
  test('a conversation that is kept here goes on with any model', async () => {
    const client = connectTo(sdk);
    const own = await client.responses.create({ model: 'sim-8b', input: 'Name a river.', max_output_tokens: 4 });
    let previous = own.id;
    for (const { model, thinker, provider } of [...BACKENDS].reverse()) {
      const input = `step at ${provider}`;
      // Thinkers first: what one of them signed, the next one is not shown.
      const deep = await client.responses.create({
        model: provider === 'openai' ? model : thinker,
        input,
        previous_response_id: previous,
        reasoning: { effort: 'low' },
        ...(provider === 'openai' ? { store: false } : {}),
      });
      expect(deep.output_text).toBe(`echo: ${input}`);
      previous = provider === 'openai' ? previous : deep.id;
    }
    for (const backend of BACKENDS) expect(fakeOf(house, backend).violations).toEqual([]);
    const items = (await client.responses.inputItems.list(previous, { order: 'asc' })).data;
    expect(items.filter(({ type }) => type === 'message').length).toBeGreaterThanOrEqual(6);
  });

  test('one that OpenAI keeps goes on there alone, and that is said', async () => {
    const client = connectTo(sdk);
    const { id } = await client.responses.create({ model: OPENAI_BACKEND.model, input: 'Hello' });
    const other = await client.responses.create({ model: 'gpt-5.5', input: 'Still there?', previous_response_id: id });
    expect(other.output_text).toBe('echo: Still there?');
    const error = await failure(client.responses.create({ model: 'sim-8b', input: 'And?', previous_response_id: id }));
    expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(error)).toMatchObject({ param: 'previous_response_id', code: 'unsupported_value' });
    expect(error.message).toContain('Nothing was sent or charged');
  });

  test('items that OpenAI keeps are found by who has them from there, and conversations, which may be others’, are not', async () => {
    const client = connectTo(sdk);
    const { model } = OPENAI_BACKEND;
    const first = await client.responses.create({ model, input: 'Hello' });
    const reference = { type: 'item_reference' as const, id: first.output[0]!.id! };
    const said = await client.responses.create({ model, input: [reference, { role: 'user', content: 'on' }] });
    expect(said.output_text).toBe('echo: on');
    const error = await failure(client.responses.create({ model, input: 'on', conversation: 'conv_nothing' }));
    expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(error)).toMatchObject({ param: 'conversation', code: 'unsupported_value' });
    expect(await failure(client.responses.cancel(first.id))).toBeInstanceOf(sdk.errors.BadRequestError);
    house.openai.reset();
  });

  test('what OpenAI has forgotten by itself is unknown', async () => {
    const client = connectTo(sdk);
    const { id } = await client.responses.create({ model: OPENAI_BACKEND.model, input: 'Hello' });
    const answer = await fetch(`${house.openai.url}/v1/responses/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${OPENAI_KEY}` },
    });
    expect(answer.ok).toBe(true);
    expect(await failure(client.responses.retrieve(id))).toBeInstanceOf(sdk.errors.NotFoundError);
    const create = client.responses.create({ model: OPENAI_BACKEND.model, input: 'on', previous_response_id: id });
    expect(sdk.told(await failure(create))).toMatchObject({ status: 400, code: 'previous_response_not_found' });
    house.openai.reset();
  });
});

test('every answer has its row, under the wire that it was asked for on', async () => {
  const rows = await rowsOf(house);
  expect(new Set(rows.map(({ dialect }) => dialect))).toEqual(new Set(['responses']));
  const completed = rows.filter(({ outcome }) => outcome === 'completed');
  expect(completed.every((row) => row.input_tokens > 0 && row.output_tokens > 0)).toBe(true);
});
