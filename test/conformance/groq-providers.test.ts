import Groq from 'groq-sdk';
import type { ChatCompletionCreateParamsNonStreaming } from 'groq-sdk/resources/chat/completions';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, Witness } from '../e2e/books.ts';
import { until } from '../e2e/harness.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { refuse } from '../providers/fault.ts';
import { brokenOffChunk } from '../providers/groq/fake.ts';
import { GROQ_REFUSALS } from '../providers/groq/refusals.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import { OPENAI_REFUSALS } from '../providers/openai/refusals.ts';
import { failure } from './failure.ts';
import { CALL_BOTH, GROQ_BACKEND, OPENAI_BACKEND, TOOLS } from './openai-backends.ts';
import { GROQ } from './sdks.ts';

/** groq-sdk at hosted providers: Groq itself, as bytes, and OpenAI, in translation. */

type Body = Omit<ChatCompletionCreateParamsNonStreaming, 'stream'>;
/** The SDK's type has no tier. */
type Chunk = Groq.Chat.ChatCompletionChunk & { readonly service_tier?: string };

const ANY_KEY = 'op_not_looked_at_by_an_open_gateway';

function connectTo(house: HostedHouse, witness: Witness, apiKey = ANY_KEY): Groq {
  return new Groq({ apiKey, baseURL: house.url, fetch: witness.fetch, maxRetries: 0 });
}

async function chunksOf(stream: AsyncIterable<Groq.Chat.ChatCompletionChunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk as Chunk);
  return chunks;
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

const CASES = [
  { ...GROQ_BACKEND, is: 'forwarded' as const },
  { ...OPENAI_BACKEND, is: 'translated' as const },
];

describe.each(CASES)('$provider, $is', ({ provider, model, thinker, is }) => {
  let house: HostedHouse;
  const witness = new Witness();
  beforeAll(async () => {
    house = await startHosted({ providers: { groq: '', openai: '' } });
  });
  afterAll(() => closeChecked(house, witness));
  beforeEach(() => {
    house.groq.settings.usage = {};
    house.openai.settings.usage = {};
  });

  const connect = (): Groq => connectTo(house, witness);
  const fake = (): HostedHouse['groq'] | HostedHouse['openai'] => (provider === 'groq' ? house.groq : house.openai);
  const asking = (content: unknown, more: Partial<Body> = {}): Body => ({
    model,
    messages: [{ role: 'user', content: content as string }],
    ...more,
  });
  const stream = async (content: unknown, more: Partial<Body> = {}): Promise<Chunk[]> =>
    chunksOf(await connect().chat.completions.create({ ...asking(content, more), stream: true }));

  test('a unary answer has its text, usage, tier and id', async () => {
    const { data, response } = await connect().chat.completions.create(asking('over there')).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model,
      service_tier: 'on_demand',
      choices: [{ finish_reason: 'stop', message: { content: 'echo: over there' } }],
      x_groq: { id: expect.stringMatching(/^req_/) as string },
    });
    expect(data.usage!.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens);
    expect(response.headers.get('offpeak-upstream')).toBe(provider);
    expect(response.headers.get('offpeak-tier-verified')).toBeNull();
  });

  test('a stream has its id on the first chunk, and its usage on the last', async () => {
    const call = connect().chat.completions.create({ ...asking('over there'), stream: true });
    const { data, response } = await call.withResponse();
    const chunks = await chunksOf(data);
    expect(textOf(chunks)).toBe('echo: over there');
    expect(chunks[0]!.x_groq!.id).toMatch(/^req_/);
    const told = chunks.filter(({ x_groq: own }) => own?.usage);
    expect(told).toHaveLength(1);
    expect(told[0]!.choices[0]!.finish_reason).toBe('stop');
    const { usage } = await connect().chat.completions.create(asking('over there'));
    expect(told[0]!.x_groq!.usage!.total_tokens).toBe(usage!.total_tokens);
    // Groq's own streams tell no tier, and the answer says that it is not told.
    expect(new Set(chunks.map(({ service_tier: tier }) => tier))).toEqual(
      new Set([is === 'forwarded' ? undefined : 'on_demand']),
    );
    expect(response.headers.get('offpeak-tier-verified')).toBe(is === 'forwarded' ? 'false' : null);
  });

  test.each([
    ['flex', 'flex', 'flex'],
    ['on_demand', 'on_demand', 'default'],
    ['auto', 'on_demand', 'default'],
    // Sold by contract at Groq, and to anybody at OpenAI.
    ['performance', is === 'forwarded' ? 'on_demand' : 'performance', 'priority'],
  ] as const)('%s is served as %s', async (asked, served, atOpenAi) => {
    const answer = await connect().chat.completions.create(asking('day', { service_tier: asked }));
    expect(answer.service_tier).toBe(served);
    expect(fake().last().body).toMatchObject({ service_tier: is === 'forwarded' ? served : atOpenAi });
    await stream('day', { service_tier: asked });
    expect(fake().last().body).toMatchObject({ service_tier: is === 'forwarded' ? served : atOpenAi });
  });

  test('tools are called, and told of', async () => {
    const tools = TOOLS as Groq.Chat.ChatCompletionTool[];
    const answer = await connect().chat.completions.create(asking(CALL_BOTH, { tools }));
    const { message, finish_reason: finish } = answer.choices[0]!;
    expect(finish).toBe('tool_calls');
    const calls = message.tool_calls!;
    expect(calls.map(({ function: called }) => called.name)).toEqual(['weather', 'traffic']);
    const results = calls.map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: ['rain', 'jam'][index]!,
    }));
    const said = { role: 'assistant' as const, content: message.content, tool_calls: calls };
    const messages: Body['messages'] = [{ role: 'user', content: CALL_BOTH }, said, ...results];
    const told = await connect().chat.completions.create({ model, messages, tools });
    expect(told.choices[0]!.message.content).toBe('results: weather=rain, traffic=jam');
    const pieces = (await stream(CALL_BOTH, { tools })).flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(
      pieces
        .filter(({ index }) => index === 1)
        .map((piece) => piece.function?.arguments ?? '')
        .join(''),
    ).toBe('{"city":"Rome"}');
  });

  test('a schema, an image and a stop are for the model to see', async () => {
    const schema = {
      type: 'object',
      properties: { cheap: { type: 'boolean' } },
      required: ['cheap'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema' as const, json_schema: { name: 'tariff', schema, strict: true } };
    const kept = await connect().chat.completions.create(asking('when?', { response_format: format }));
    expect(JSON.parse(kept.choices[0]!.message.content!)).toEqual({ cheap: true });
    const parts = [
      { type: 'text', text: 'see' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG_BASE64}` } },
    ];
    const seen = await connect().chat.completions.create(asking(parts));
    expect(seen.choices[0]!.message.content).toBe('echo: see [image/png 70 bytes]');
    const cut = await connect().chat.completions.create(asking('one two STOP three', { stop: 'STOP' }));
    expect(cut.choices[0]!.message.content).toBe('echo: one two ');
  });

  test('thoughts are told by who shows them', async () => {
    const answer = await connect().chat.completions.create(asking('deep', { model: thinker, reasoning_effort: 'low' }));
    expect(answer.choices[0]!.message.reasoning).toBe(is === 'forwarded' ? 'thinking about: deep' : undefined);
    expect(answer.usage!.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(0);
    const shown = connect().chat.completions.create(asking('deep', { model: thinker, include_reasoning: true }));
    if (is === 'forwarded') {
      expect((await shown).choices[0]!.message.reasoning).toBe('thinking about: deep');
      const chunks = await stream('deep', { model: thinker });
      const thoughts = chunks.map(({ choices }) => choices[0]?.delta.reasoning ?? '').join('');
      expect(thoughts).toBe('thinking about: deep');
    } else {
      const error = await failure(shown);
      expect(error).toBeInstanceOf(Groq.BadRequestError);
      expect(GROQ.told(error)).toMatchObject({ param: 'reasoning_format', code: 'unsupported_value' });
    }
  });

  test('usage is counted as this wire counts it', async () => {
    fake().settings.usage = { input: 100, cached: 64, output: 8, reasoning: 4 };
    const expected = {
      prompt_tokens: 100,
      completion_tokens: 12,
      total_tokens: 112,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    expect((await connect().chat.completions.create(asking('day'))).usage).toMatchObject(expected);
    const chunks = await stream('day');
    expect(chunks.find(({ x_groq: own }) => own?.usage)!.x_groq!.usage).toMatchObject(expected);
  });

  test('embeddings are passed on', async () => {
    const embedder = provider === 'groq' ? 'nomic-embed-text-v1_5' : 'text-embedding-3-small';
    const answer = await connect().embeddings.create({ model: embedder, input: ['day', 'night'] });
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(answer.usage.prompt_tokens).toBe(2);
    expect(fake().last().body).not.toHaveProperty('service_tier');
  });

  test('every model of every provider is listed', async () => {
    const { data } = await connect().models.list();
    const ids = data.map(({ id }) => id);
    for (const name of [GROQ_BACKEND.model, OPENAI_BACKEND.model]) expect(ids).toContain(name);
  });

  test('what the provider finds wrong is a bad request, in its words', async () => {
    fake().next(refuse(provider === 'groq' ? GROQ_REFUSALS.jsonFailed : OPENAI_REFUSALS.contextTooLong));
    const error = await failure(connect().chat.completions.create(asking('day')));
    expect(error).toBeInstanceOf(Groq.BadRequestError);
    expect(GROQ.told(error).code).toBe(provider === 'groq' ? 'json_validate_failed' : 'context_length_exceeded');
  });

  test('who leaves is seen to leave', async () => {
    fake().next({ kind: 'hang' });
    const leaving = new AbortController();
    const call = failure(connect().chat.completions.create(asking('day'), { signal: leaving.signal }));
    const before = fake().requests.length;
    await until(() => fake().requests.length > before, 'the provider has it');
    leaving.abort();
    expect(await call).toBeInstanceOf(Groq.APIUserAbortError);
    await until(() => fake().last().aborted, 'the provider sees it');
  });

  test('a stream that breaks throws', async () => {
    fake().next({ kind: 'die', afterEvents: 3 });
    const error = await failure(stream('one two three four five'));
    expect(error).toBeInstanceOf(Groq.APIError);
    expect(error.message).toContain(provider);
  });

  test('nothing was sent that the provider would not have taken', () => {
    expect(fake().violations).toEqual([]);
  });
});

/** A house of its own: what a provider refuses stays in a lane's memory for a while. */
async function atTable(
  work: (house: HostedHouse, client: Groq, witness: Witness) => Promise<void>,
  groq = '',
): Promise<void> {
  const house = await startHosted({ providers: { groq, openai: '' } });
  const witness = new Witness();
  try {
    await work(house, connectTo(house, witness).withOptions({ maxRetries: 2 }), witness);
    await checkBooks(house, witness);
    house.checkProviders();
  } finally {
    await house.close();
  }
}

const HELLO: Body = { model: GROQ_BACKEND.model, messages: [{ role: 'user', content: 'Hello' }] };

describe('flex without capacity', () => {
  test.each([false, true])('at Groq is tried for a second, and then 498, stream %s', async (streams) => {
    await atTable(async (house, client, witness) => {
      house.groq.always(refuse(GROQ_REFUSALS.flexCapacity));
      const error = await failure(
        client.chat.completions.create({ ...HELLO, service_tier: 'flex', stream: streams } as Body),
      );
      // No class of its own: groq-sdk knows 498 by its number alone.
      expect(error.constructor).toBe(Groq.APIError);
      const told = GROQ.told(error);
      expect(told).toMatchObject({ status: 498, code: 'capacity_exceeded' });
      expect(told.message).toContain('on_demand');
      expect(told.headers.get('x-should-retry')).toBe('false');
      expect(witness.attempts).toBe(1);
      expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'refused', status: 498, cost_nano_usd: 0 });
      expect(
        house.groq.requests.every(({ body }) => body === undefined || (body as Body).service_tier === 'flex'),
      ).toBe(true);
    });
  });

  test('at Groq is had by who asks again in time', async () => {
    await atTable(async (house, client) => {
      house.groq.next(refuse(GROQ_REFUSALS.flexCapacity));
      const headers = { 'offpeak-max-wait': '30s' };
      const answer = await client.chat.completions.create({ ...HELLO, service_tier: 'flex' }, { headers });
      expect(answer.service_tier).toBe('flex');
    });
  });

  test("at OpenAI is Groq's 498 as well", async () => {
    await atTable(async (house, client, witness) => {
      house.openai.next(refuse(OPENAI_REFUSALS.flexUnavailable));
      const error = await failure(
        client.chat.completions.create({ ...HELLO, model: OPENAI_BACKEND.model, service_tier: 'flex' }),
      );
      expect(GROQ.told(error)).toMatchObject({ status: 498, code: 'capacity_exceeded' });
      expect(witness.attempts).toBe(1);
    });
  });

  test.each([GROQ_BACKEND, OPENAI_BACKEND])(
    'at $provider falls back to standard where that was asked for',
    async (backend) => {
      await atTable(async (house, client) => {
        if (backend === GROQ_BACKEND) house.groq.next(refuse(GROQ_REFUSALS.flexCapacity, { 'retry-after': '30' }));
        else house.openai.next(refuse(OPENAI_REFUSALS.flexUnavailable));
        const headers = { 'offpeak-on-unavailable': 'standard' };
        const body: Body = { ...HELLO, model: backend.model, service_tier: 'flex' };
        const { data, response } = await client.chat.completions.create(body, { headers }).withResponse();
        expect(data.service_tier).toBe('on_demand');
        expect(response.headers.get('offpeak-tier')).toBe('standard');
        expect((await rowsOf(house))[0]).toMatchObject({
          requested_tier: 'flex',
          served_tier: 'standard',
          why: 'fallback',
        });
      });
    },
  );
});

test('performance is asked for where it is bought', async () => {
  await atTable(async (house, client) => {
    const answer = await client.chat.completions.create({ ...HELLO, service_tier: 'performance' });
    expect(answer.service_tier).toBe('performance');
    expect(house.groq.last().body).toMatchObject({ service_tier: 'performance' });
  }, 'tiers: [priority, standard, flex]');
});

test('what Groq breaks off in its own way is thrown, and not handed on as an ordinary chunk', async () => {
  await atTable(async (house, client) => {
    house.groq.next({ kind: 'insert', afterEvents: 3, bytes: brokenOffChunk('over_capacity'), ends: true });
    const heard: Chunk[] = [];
    const error = await failure(
      (async () => {
        for await (const chunk of await client.chat.completions.create({ ...HELLO, stream: true })) heard.push(chunk);
      })(),
    );
    expect(error).toBeInstanceOf(Groq.APIError);
    expect(heard.every(({ x_groq: own }) => (own?.error ?? null) === null)).toBe(true);
    expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'failed', cost_nano_usd: 0 });
  });
});

test('a limit of the account is waited for, and one that is over tomorrow is told', async () => {
  await atTable(async (house, client, witness) => {
    house.groq.next(refuse(GROQ_REFUSALS.requestLimit, { 'retry-after': '1' }));
    expect((await client.chat.completions.create(HELLO)).choices[0]!.message.content).toBe('echo: Hello');
    expect(witness.attempts).toBe(1);
    house.groq.next(refuse(GROQ_REFUSALS.dailyLimit));
    const error = await failure(client.chat.completions.create(HELLO, { maxRetries: 0 }));
    expect(error).toBeInstanceOf(Groq.RateLimitError);
    expect(Number(GROQ.told(error).headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

test('a request that is too large for the account is not sent again', async () => {
  await atTable(async (house, client, witness) => {
    house.groq.next(refuse(GROQ_REFUSALS.tooLarge));
    const error = await failure(client.chat.completions.create(HELLO));
    expect(GROQ.told(error)).toMatchObject({ status: 413, code: 'rate_limit_exceeded' });
    expect(witness.attempts).toBe(1);
  });
});

test("auto goes from the project's standard limits to flex at the provider", async () => {
  const house = await startHosted({
    providers: { groq: '' },
    projects: ['limited'],
    settings: { limited: 'limits: { standard: { requestsPerMinute: 1 } }' },
  });
  const witness = new Witness();
  try {
    const client = connectTo(house, witness, house.keys['limited']);
    expect((await client.chat.completions.create({ ...HELLO, service_tier: 'auto' })).service_tier).toBe('on_demand');
    const { data, response } = await client.chat.completions.create({ ...HELLO, service_tier: 'auto' }).withResponse();
    expect(data.service_tier).toBe('flex');
    expect(response.headers.get('offpeak-requested-tier')).toBe('auto');
    expect(house.groq.last().body).toMatchObject({ service_tier: 'flex' });
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});
