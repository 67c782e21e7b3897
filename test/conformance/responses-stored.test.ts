import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Witness } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { failure } from './failure.ts';
import { callsIn, endOf, eventsOf, MAJORS, WEATHER, wholeClient, type Answer, type Ask } from './responses-client.ts';
import type { OpenAiSdk } from './sdks.ts';

/** Answers that are kept here, because who made them keeps none: read again, gone on with, deleted, and by nobody else. */

const ASK: Ask = { model: 'sim-8b', max_output_tokens: 8, input: 'Name a river.' };

async function inputOf(client: OpenAI, id: string, query: object = {}): Promise<OpenAI.Responses.ResponseItem[]> {
  return (await client.responses.inputItems.list(id, { order: 'asc', ...query })).data;
}

async function expectUnknown(sdk: OpenAiSdk, work: PromiseLike<unknown>, id: string): Promise<void> {
  const error = await failure(work);
  expect(error).toBeInstanceOf(sdk.errors.NotFoundError);
  expect(sdk.told(error)).toMatchObject({ status: 404, code: 'response_not_found' });
  expect(error.message).toContain(id);
}

/** Going on with one that is not there has OpenAI's own code, by which clients know to send the whole conversation. */
async function expectNoPrevious(sdk: OpenAiSdk, work: PromiseLike<unknown>, id: string): Promise<void> {
  const error = await failure(work);
  expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
  expect(sdk.told(error)).toMatchObject({ code: 'previous_response_not_found', param: 'previous_response_id' });
  expect(error.message).toContain(id);
}

describe('with two projects', () => {
  let house: HostedHouse;
  const witness = new Witness();
  beforeAll(async () => {
    house = await startHosted({ providers: {}, engines: [{}], projects: ['first', 'second'] });
  });
  afterAll(() => closeChecked(house, witness));

  function connect(sdk: OpenAiSdk, project = 'first'): OpenAI {
    return wholeClient(sdk, `${house.url}/v1`, { fetch: witness.fetch, apiKey: house.keys[project]! });
  }

  describe.each(MAJORS)('$name', (sdk) => {
    test.each(['default', 'flex'] as const)('an answer at %s is read again as it was', async (word) => {
      const client = connect(sdk);
      const ask = { ...ASK, service_tier: word };
      const whole = await client.responses.create(ask);
      expect(await client.responses.retrieve(whole.id)).toEqual(whole);
      const streamed = endOf(await eventsOf(await client.responses.create({ ...ask, stream: true })));
      const { output_text: _, ...again } = await client.responses.retrieve(streamed.id);
      const { output_text: __, ...before } = streamed;
      expect(again).toEqual(before);
      expect(again.service_tier).toBe(word);
    });

    test('one that was not to be stored is not', async () => {
      const client = connect(sdk);
      const { id, store } = (await client.responses.create({ ...ASK, store: false })) as Answer & { store: boolean };
      expect(store).toBe(false);
      await expectUnknown(sdk, client.responses.retrieve(id), id);
      const streamed = endOf(await eventsOf(await client.responses.create({ ...ASK, store: false, stream: true })));
      await expectNoPrevious(sdk, client.responses.create({ ...ASK, previous_response_id: streamed.id }), streamed.id);
    });

    test('what was said before comes before what is said now, over several turns', async () => {
      const client = connect(sdk);
      const first = await client.responses.create({ ...ASK, instructions: 'Be brief.' });
      const second = await client.responses.create({ ...ASK, input: 'And another.', previous_response_id: first.id });
      expect(second.previous_response_id).toBe(first.id);
      // Instructions are for one turn.
      expect(second.instructions).toBeNull();
      const third = await client.responses.create({ ...ASK, input: 'One more.', previous_response_id: second.id });
      expect(third.usage!.input_tokens).toBeGreaterThan(second.usage!.input_tokens);

      const said = (role: 'user' | 'assistant', text: string) => ({ role, content: [{ text }] });
      const items = await inputOf(client, third.id);
      expect(items).toMatchObject([
        said('user', 'Name a river.'),
        said('assistant', first.output_text),
        said('user', 'And another.'),
        said('assistant', second.output_text),
        said('user', 'One more.'),
      ]);
      expect(new Set(items.map(({ id }) => id)).size).toBe(5);

      // The same conversation in one request gets the same answer: nothing of it was lost.
      const told = items.map((item) => {
        const { role, content } = item as unknown as { role: 'user' | 'assistant'; content: [{ text: string }] };
        return { role, content: content[0].text };
      });
      expect((await client.responses.create({ ...ASK, input: told })).output_text).toBe(third.output_text);
    });

    test('a stream goes on with an answer as well, and is gone on with', async () => {
      const client = connect(sdk);
      const first = endOf(await eventsOf(await client.responses.create({ ...ASK, stream: true })));
      const ask = { ...ASK, input: 'And another.', previous_response_id: first.id };
      const helped = await client.responses.stream(ask).finalResponse();
      expect(helped.previous_response_id).toBe(first.id);
      expect(helped.output_text).toBe((await client.responses.create(ask)).output_text);
      const third = await client.responses.create({ ...ASK, input: 'More.', previous_response_id: helped.id });
      expect(await inputOf(client, third.id)).toHaveLength(5);
    });

    test('the result of a tool is given to the answer that called it', async () => {
      const client = connect(sdk);
      const tools = [WEATHER];
      const asked = await client.responses.create({
        ...ASK,
        max_output_tokens: 200,
        tools,
        tool_choice: 'required',
        parallel_tool_calls: false,
      });
      const [call] = callsIn(asked);
      const result = { type: 'function_call_output' as const, call_id: call!.call_id, output: 'rain' };
      const told = await client.responses.create({ ...ASK, tools, input: [result], previous_response_id: asked.id });
      expect(told.output_text).not.toBe('');
      const items = await inputOf(client, told.id);
      expect(items.map(({ type }) => type)).toEqual(['message', 'function_call', 'function_call_output']);
      expect(items[1]).toMatchObject({ call_id: call!.call_id, name: 'get_weather', arguments: call!.arguments });
      const last = await client.responses.create({ ...ASK, input: 'Thanks.', previous_response_id: told.id });
      expect(await inputOf(client, last.id)).toHaveLength(5);
    });

    test('a tier and a model of its own are for each turn to say', async () => {
      const client = connect(sdk);
      const first = await client.responses.create({ ...ASK, service_tier: 'flex' });
      expect(first.service_tier).toBe('flex');
      const second = await client.responses.create({ ...ASK, previous_response_id: first.id });
      expect(second.service_tier).toBe('default');
    });

    test('the items of a long conversation are listed in pages', async () => {
      const client = connect(sdk);
      const input = Array.from({ length: 25 }, (_, index) => ({ role: 'user' as const, content: `Line ${index}` }));
      const { id } = await client.responses.create({ ...ASK, input });
      const texts = (items: readonly unknown[]): string[] =>
        items.map((item) => JSON.stringify((item as { content: unknown }).content));
      const newest = await client.responses.inputItems.list(id);
      expect(newest.data).toHaveLength(20);
      expect(texts(newest.data)[0]).toContain('Line 24');
      const all: unknown[] = [];
      for await (const item of client.responses.inputItems.list(id, { order: 'asc', limit: 4 })) all.push(item);
      expect(texts(all)).toEqual(input.map(({ content }) => expect.stringContaining(content) as string));
      const bad = await failure(client.responses.inputItems.list(id, { limit: 0 }));
      expect(bad).toBeInstanceOf(sdk.errors.BadRequestError);
      expect(sdk.told(bad).param).toBe('limit');
    });

    test('a deleted answer is gone, and what came after it stays', async () => {
      const client = connect(sdk);
      const first = await client.responses.create(ASK);
      const second = await client.responses.create({ ...ASK, input: 'More.', previous_response_id: first.id });
      await client.responses.delete(first.id);
      await expectUnknown(sdk, client.responses.retrieve(first.id), first.id);
      await expectUnknown(sdk, client.responses.inputItems.list(first.id), first.id);
      await expectNoPrevious(sdk, client.responses.create({ ...ASK, previous_response_id: first.id }), first.id);
      await expectUnknown(sdk, client.responses.delete(first.id), first.id);
      const third = await client.responses.create({ ...ASK, input: 'On.', previous_response_id: second.id });
      expect(await inputOf(client, third.id)).toHaveLength(5);
    });

    test('another project cannot read it, go on with it or delete it', async () => {
      const owner = connect(sdk);
      const stranger = connect(sdk, 'second');
      const { id } = await owner.responses.create(ASK);
      await expectUnknown(sdk, stranger.responses.retrieve(id), id);
      await expectUnknown(sdk, stranger.responses.inputItems.list(id), id);
      await expectNoPrevious(sdk, stranger.responses.create({ ...ASK, previous_response_id: id }), id);
      await expectUnknown(sdk, stranger.responses.cancel(id), id);
      await expectUnknown(sdk, stranger.responses.delete(id), id);
      expect((await owner.responses.retrieve(id)).id).toBe(id);
    });

    test('it cannot be read as a stream, however that is asked for', async () => {
      const client = connect(sdk);
      const { id } = await client.responses.create(ASK);
      const error = await failure(client.responses.retrieve(id, { stream: true }));
      expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
      expect(sdk.told(error)).toMatchObject({ status: 400, param: 'stream' });
      const headers = { authorization: `Bearer ${house.keys['first']!}` };
      for (const [word, status] of Object.entries({ 1: 400, True: 400, false: 200 })) {
        expect((await fetch(`${house.url}/v1/responses/${id}?stream=${word}`, { headers })).status, word).toBe(status);
      }
    });

    test('an id that nobody ever gave is unknown', async () => {
      const client = connect(sdk);
      for (const id of ['resp_nothing', 'resp_ä/ö?%', "resp_'; DROP TABLE responses; --"]) {
        await expectUnknown(sdk, client.responses.retrieve(id), id);
        await expectNoPrevious(sdk, client.responses.create({ ...ASK, previous_response_id: id }), id);
      }
    });

    test('without a key nothing is read', async () => {
      const { id } = await connect(sdk).responses.create(ASK);
      const client = wholeClient(sdk, `${house.url}/v1`, { apiKey: 'op_wrong' });
      expect(await failure(client.responses.retrieve(id))).toBeInstanceOf(sdk.errors.AuthenticationError);
    });

    test('answers in the background are refused, with what to do instead', async () => {
      const client = connect(sdk);
      const error = await failure(client.responses.create({ ...ASK, background: true }));
      expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
      expect(sdk.told(error)).toMatchObject({ status: 400, param: 'background' });
      expect(error.message).toContain('flex');
      const { id } = await client.responses.create(ASK);
      expect(await failure(client.responses.cancel(id))).toBeInstanceOf(sdk.errors.BadRequestError);
    });

    test('what lies with OpenAI alone is refused by name', async () => {
      const client = connect(sdk);
      for (const own of [
        { conversation: 'conv_1' },
        { prompt: { id: 'pmpt_1' } },
        { tools: [{ type: 'web_search' as const }] },
        { input: [{ type: 'item_reference' as const, id: 'msg_1' }] },
      ]) {
        const error = await failure(client.responses.create({ ...ASK, ...own }));
        expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
        expect(sdk.told(error).param).toContain(Object.keys(own)[0]);
        expect(error.message).toContain('Nothing was sent or charged');
      }
    });
  });
});

test('an answer that has expired is gone', async () => {
  const house = await startHosted({ providers: {}, engines: [{}], config: 'responses: { keep: 1s }' });
  try {
    for (const sdk of MAJORS) {
      const client = wholeClient(sdk, `${house.url}/v1`);
      const { id } = await client.responses.create(ASK);
      expect((await client.responses.retrieve(id)).id).toBe(id);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      await expectUnknown(sdk, client.responses.retrieve(id), id);
      await expectNoPrevious(sdk, client.responses.create({ ...ASK, previous_response_id: id }), id);
    }
  } finally {
    await house.close();
  }
});

test('a house that keeps none says so in the answer', async () => {
  const house = await startHosted({ providers: {}, engines: [{}], config: 'responses: { keep: never }' });
  try {
    const client = wholeClient(MAJORS[0]!, `${house.url}/v1`);
    const answer = (await client.responses.create(ASK)) as Answer & { store: boolean };
    await expectUnknown(MAJORS[0]!, client.responses.retrieve(answer.id), answer.id);
    expect(answer.store).toBe(false);
  } finally {
    await house.close();
  }
});
