import type OpenAI from 'openai';
import { zodResponseFormat as zodResponseFormat7 } from 'openai/helpers/zod';
import { zodResponseFormat as zodResponseFormat6 } from 'openai-6/helpers/zod';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Witness } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import { failure } from './failure.ts';
import {
  ALL_PROVIDERS,
  BACKENDS,
  CALL_BOTH,
  fakeOf,
  PDF_URL,
  TOOLS,
  type Backend,
  type ChatAsk,
} from './openai-backends.ts';
import { MAJORS, wholeClient } from './responses-client.ts';
import { OPENAI_7, type OpenAiSdk } from './sdks.ts';

/** Chat completions of hosted providers, to clients of OpenAI's SDKs: OpenAI's own as bytes, the others' in translation. */

let house: HostedHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startHosted({ providers: ALL_PROVIDERS });
});
afterAll(() => closeChecked(house, witness));

type Chunk = OpenAI.ChatCompletionChunk;

async function chunksOf(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

/** The calls that a stream tells in pieces. */
function callsIn(chunks: readonly Chunk[]): { id: string; name: string; text: string }[] {
  const calls: { id: string; name: string; text: string }[] = [];
  for (const piece of chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])) {
    const call = (calls[piece.index] ??= { id: piece.id!, name: piece.function!.name!, text: '' });
    call.text += piece.function?.arguments ?? '';
  }
  return calls;
}

const CASES = BACKENDS.flatMap((backend) => MAJORS.map((sdk) => ({ backend, sdk, name: sdk.name, ...backend })));

describe.each(CASES)('$name, $provider', ({ backend, sdk, provider, model, refuses }) => {
  beforeEach(() => {
    fakeOf(house, backend).settings.usage = {};
  });

  const connect = (): OpenAI => wholeClient(sdk, `${house.url}/v1`, { fetch: witness.fetch });
  const asking = (content: ChatAsk['messages'][number]['content'], more: Partial<ChatAsk> = {}): ChatAsk => ({
    model,
    messages: [{ role: 'user', content: content as string }],
    ...more,
  });
  const ask = (...parts: Parameters<typeof asking>) => connect().chat.completions.create(asking(...parts));
  const stream = async (...parts: Parameters<typeof asking>): Promise<Chunk[]> =>
    chunksOf(await connect().chat.completions.create({ ...asking(...parts), stream: true }));

  /** A refusal that names the client's own member, before anything was sent; true where this was one. */
  async function refused(feature: keyof Backend['refuses'], call: () => Promise<unknown>): Promise<boolean> {
    const param = refuses[feature];
    if (param === undefined) return false;
    const { requests } = fakeOf(house, backend);
    const before = requests.length;
    const error = await failure(call());
    expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
    expect(sdk.told(error)).toMatchObject({ status: 400, param, code: 'unsupported_value' });
    expect(requests).toHaveLength(before);
    return true;
  }

  test('a unary answer has its text, usage, tier and headers', async () => {
    const { data, response } = await connect().chat.completions.create(asking('over there')).withResponse();
    expect(data).toMatchObject({ object: 'chat.completion', model, service_tier: 'default' });
    expect(data.choices).toMatchObject([
      { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'echo: over there', refusal: null } },
    ]);
    expect(data.usage!.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens);
    expect(response.headers.get('offpeak-upstream')).toBe(provider);
    expect(response.headers.get('offpeak-tier')).toBe('standard');
    expect(response.headers.get('offpeak-tier-verified')).toBeNull();
    expect(Number(response.headers.get('offpeak-cost-usd'))).toBeGreaterThanOrEqual(0);
  });

  test('a stream tells the same, with the tier in every chunk and usage where it was asked for', async () => {
    const chunks = await stream('over there');
    expect(textOf(chunks)).toBe('echo: over there');
    expect(new Set(chunks.map(({ service_tier: tier }) => tier))).toEqual(new Set(['default']));
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.filter(({ usage }) => usage)).toEqual([]);

    const asked = await stream('over there', { stream_options: { include_usage: true } });
    const { usage } = await ask('over there');
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: usage!.total_tokens } });
    expect(asked.filter((chunk) => chunk.usage)).toHaveLength(1);
  });

  test('the stream helper puts the answer together', async () => {
    const helped = connect().chat.completions.stream(asking('over there'));
    expect((await helped.finalChatCompletion()).choices[0]!.message.content).toBe('echo: over there');
    expect(await helped.finalContent()).toBe('echo: over there');
  });

  test('flex and fast are asked for in the words of the provider, and what was served is told', async () => {
    const fake = fakeOf(house, backend);
    if (!(await refused('flex', () => ask('night', { service_tier: 'flex' })))) {
      expect((await ask('night', { service_tier: 'flex' })).service_tier).toBe('flex');
      expect(JSON.stringify(fake.last().body).toLowerCase()).toContain('"flex"');
    }
    // Groq sells priority by contract alone: it is not asked for it, and serves the tier below.
    const fast = await ask('day', { service_tier: 'fast' });
    const isServed = provider === 'openai' || provider === 'gemini';
    expect(fast.service_tier).toBe(isServed ? 'priority' : 'default');
    expect(JSON.stringify(fake.last().body).includes('priority')).toBe(isServed);
  });

  test('tools are called, at once too, and their results are told', async () => {
    const answer = await ask(CALL_BOTH, { tools: TOOLS });
    const { message, finish_reason: finish } = answer.choices[0]!;
    expect(finish).toBe('tool_calls');
    const calls = message.tool_calls!.map((call) => (call.type === 'function' ? call : null)!);
    expect(calls.map(({ function: called }) => called)).toEqual([
      { name: 'weather', arguments: '{"city":"Rome"}' },
      { name: 'traffic', arguments: '{"city":"Rome"}' },
    ]);
    const results = calls.map(({ id }, index) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: ['rain', 'jam'][index]!,
    }));
    const messages: ChatAsk['messages'] = [{ role: 'user', content: CALL_BOTH }, message, ...results];
    const told = await connect().chat.completions.create({ model, messages, tools: TOOLS });
    expect(told.choices[0]!.message.content).toBe('results: weather=rain, traffic=jam');

    const chunks = await stream(CALL_BOTH, { tools: TOOLS });
    const streamed = callsIn(chunks);
    expect(streamed.map(({ name, text }) => [name, text])).toEqual([
      ['weather', '{"city":"Rome"}'],
      ['traffic', '{"city":"Rome"}'],
    ]);
    expect(new Set(streamed.map(({ id }) => id)).size).toBe(2);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  test('which tool is called, and whether several, is for the client to say', async () => {
    const named = async (more: Partial<ChatAsk>): Promise<string[]> =>
      ((await ask(CALL_BOTH, { tools: TOOLS, ...more })).choices[0]!.message.tool_calls ?? []).map((call) =>
        call.type === 'function' ? call.function.name : '',
      );
    expect(await named({ tool_choice: 'none' })).toEqual([]);
    const [, traffic] = TOOLS;
    const choice = { type: 'function' as const, function: { name: 'traffic' } };
    const forced = await ask('anything', { tools: [traffic!], tool_choice: choice });
    expect(forced.choices[0]!.message.tool_calls).toHaveLength(1);
    const one = () => named({ parallel_tool_calls: false });
    if (!(await refused('one call', one))) expect(await one()).toEqual(['weather']);
  });

  test('a schema is kept to, and parsed', async () => {
    const format = (sdk === OPENAI_7 ? zodResponseFormat7 : zodResponseFormat6) as typeof zodResponseFormat7;
    const tariff = format(z.object({ cheap: z.boolean(), hours: z.string() }), 'tariff');
    const body = asking('when?', { response_format: tariff });
    const parsed = await connect().chat.completions.parse(
      body as Parameters<OpenAI['chat']['completions']['parse']>[0],
    );
    expect(parsed.choices[0]!.message.parsed).toEqual({ cheap: true, hours: 'text' });
    expect(JSON.parse(textOf(await stream('when?', { response_format: tariff })))).toEqual({
      cheap: true,
      hours: 'text',
    });
    const free = () => ask('json', { response_format: { type: 'json_object' } });
    if (!(await refused('json', free))) expect(JSON.parse((await free()).choices[0]!.message.content!)).toEqual({});
  });

  test('images and files are seen', async () => {
    const text = { type: 'text' as const, text: 'see' };
    const image = { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${PNG_BASE64}` } };
    const file = { type: 'file' as const, file: { filename: 'plan.pdf', file_data: PDF_URL } };
    const said = async (...parts: object[]): Promise<string | null> =>
      (await ask([text, ...parts] as (typeof text)[])).choices[0]!.message.content;
    expect(await said(image)).toBe('echo: see [image/png 70 bytes]');
    if (!(await refused('file', () => said(file))))
      expect(await said(file)).toBe('echo: see [application/pdf 9 bytes]');
  });

  test('log probabilities and several choices come, or are refused by name', async () => {
    const probable = () => ask('day and night', { logprobs: true, top_logprobs: 2 });
    if (!(await refused('logprobs', probable))) {
      const tokens = (await probable()).choices[0]!.logprobs!.content!;
      expect(tokens.map(({ token }) => token).join('')).toBe('echo: day and night');
      expect(tokens.every(({ top_logprobs: top }) => top.length === 2)).toBe(true);
    }
    const twice = () => ask('day', { n: 2 });
    if (!(await refused('choices', twice))) {
      expect((await twice()).choices.map(({ index, message }) => [index, message.content])).toEqual([
        [0, 'echo: day'],
        [1, 'echo: day'],
      ]);
    }
  });

  test('an answer says why it ended', async () => {
    const reason = async (...parts: Parameters<typeof asking>): Promise<string> => {
      const whole = (await ask(...parts)).choices[0]!.finish_reason;
      const chunks = await stream(...parts);
      expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe(whole);
      return whole;
    };
    expect(await reason('one two three four', { max_completion_tokens: 2 })).toBe('length');
    expect(await reason('one two STOP four', { stop: ['STOP'] })).toBe('stop');
    // Nobody there withholds an answer, or marks it as declined.
    if (provider === 'groq') return;
    if (provider !== 'anthropic') expect(await reason('filter this')).toBe('content_filter');
    const [declined] = (await ask('refuse this')).choices;
    expect(declined!.message.refusal !== null || declined!.finish_reason === 'content_filter').toBe(true);
  });

  test('usage is counted as this wire counts it', async () => {
    fakeOf(house, backend).settings.usage = { input: 100, cached: 64, output: 8, reasoning: 4 };
    const expected = {
      prompt_tokens: 100,
      completion_tokens: 12,
      total_tokens: 112,
      prompt_tokens_details: { cached_tokens: 64 },
      completion_tokens_details: { reasoning_tokens: 4 },
    };
    expect((await ask('day')).usage).toMatchObject(expected);
    const chunks = await stream('day', { stream_options: { include_usage: true } });
    expect(chunks.at(-1)!.usage).toMatchObject(expected);
  });

  test('thoughts are told where the provider tells them, and cost what they cost', async () => {
    const answer = await ask('deep', { model: backend.thinker, reasoning_effort: 'low' });
    expect(answer.choices[0]!.message.content).toBe('echo: deep');
    expect(answer.usage!.completion_tokens_details!.reasoning_tokens).toBeGreaterThan(0);
    const { reasoning_content: thoughts } = answer.choices[0]!.message as { reasoning_content?: string };
    expect(thoughts).toBe(provider === 'groq' ? 'thinking about: deep' : undefined);
  });

  test('what changes nothing is left out where it means nothing, and that is told', async () => {
    const { response } = await connect()
      .chat.completions.create(asking('day', { metadata: { team: 'night' }, safety_identifier: 'u1' }))
      .withResponse();
    const ignored = response.headers.get('offpeak-ignored');
    if (provider === 'openai') expect(ignored).toBeNull();
    else expect(ignored).toContain('metadata');
  });

  test('nothing was sent that the provider would not have taken', () => {
    expect(fakeOf(house, backend).violations).toEqual([]);
  });
});

test('the two ways of a legacy wire and what it is not served by', async () => {
  for (const sdk of MAJORS as readonly OpenAiSdk[]) {
    const client = wholeClient(sdk, `${house.url}/v1`, { fetch: witness.fetch });
    for (const { model, provider } of BACKENDS.filter((entry) => entry.provider !== 'openai')) {
      const error = await failure(client.completions.create({ model, prompt: 'Once' }));
      expect(error).toBeInstanceOf(sdk.errors.BadRequestError);
      expect(sdk.told(error)).toMatchObject({ param: 'model', code: 'unsupported_value' });
      expect(error.message).toContain(`${provider} has no completions`);
    }
  }
});
