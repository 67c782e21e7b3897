import { afterEach, describe, expect, test } from 'vitest';
import { BEDROCK_KEY, startBedrock, type BedrockFake } from '../../providers/bedrock/fake.ts';
import { readMetrics, rowsOf, total, Witness, type Row } from '../books.ts';
import { withStore } from '../harness.ts';
import { post, type Json } from '../requests.ts';
import { closeChecked, startHosted, type HostedHouse, type HostedOptions } from './hosted.ts';
import { talk } from './talk.ts';

/** What a hosted provider charges beyond the number of tokens: billed where the price list has it, and not passed off as nothing elsewhere. */

let house: HostedHouse;

async function start(options: HostedOptions): Promise<void> {
  house = await startHosted(options);
}

afterEach(async () => {
  house.checkProviders();
  await closeChecked(house);
});

/** Each provider's own wire, as its own clients speak it. */
const ASK = {
  chat: (model: string, stream: boolean, more: Json) =>
    ask('/v1/chat/completions', {
      model,
      stream,
      messages: [{ role: 'user', content: 'Hi' }],
      ...(stream ? { stream_options: { include_usage: true } } : {}),
      ...more,
    }),
  responses: (model: string, stream: boolean, more: Json) =>
    ask('/v1/responses', { model, stream, input: 'Hi', ...more }),
  messages: (model: string, stream: boolean, more: Json) =>
    ask('/anthropic/v1/messages', {
      model,
      stream,
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Hi' }],
      ...more,
    }),
  generate: (model: string, stream: boolean, more: Json) =>
    ask(`/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, {
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      ...more,
    }),
};

interface Told {
  readonly cost: string | null;
  readonly row: Row & { readonly cost_complete: number };
  readonly text: string;
}

async function ask(path: string, body: Json): Promise<Told> {
  const answer = await post(house, path, JSON.stringify(body));
  const text = await answer.text();
  expect({ status: answer.status, text }).toMatchObject({ status: 200 });
  const row = (await rowsOf(house)).at(-1) as Told['row'];
  return { cost: answer.headers.get('offpeak-cost-usd'), row, text };
}

/** The whole cost, and claimed as that. */
function expectCost({ cost, row }: Told, nanoUsd: number): void {
  expect(row).toMatchObject({ cost_nano_usd: Math.round(nanoUsd), cost_complete: 1 });
  if (row.stream === 0) expect(Number(cost)).toBeCloseTo(nanoUsd / 1e9, 9);
}

/** What the tokens cost, and no word that it were all. */
async function expectAtLeast({ cost, row }: Told, nanoUsd: number): Promise<void> {
  expect(cost).toBeNull();
  expect(row).toMatchObject({ cost_nano_usd: nanoUsd, cost_complete: 0 });
  expect(total(readMetrics(await house.metrics()), 'offpeak_incomplete_costs_total')).toBe(1);
  const [usage] = await withStore(house.data, (store) => store.usage({ by: [] }));
  expect(usage).toMatchObject({ requests: 1, incompleteCosts: 1, costNanoUsd: nanoUsd });
}

/** Fresh, read from a cache and written to one, and said. */
const USAGE = { input: 1_000, cached: 100, cacheWrite: 600, output: 10, reasoning: 0 };

describe.each([false, true])('stream %s', (stream) => {
  describe('anthropic', () => {
    test.each([
      ['5m', 5_000],
      ['1h', 8_000],
    ] as const)('what is written to a cache for %s', async (cacheTtl, nanoUsdEach) => {
      await start({ providers: { anthropic: '' } });
      Object.assign(house.anthropic.settings, { usage: USAGE, cacheTtl });
      const cost = 300 * 4_000 + 100 * 200 + 600 * nanoUsdEach + 10 * 20_000;
      const told = await ASK.messages('claude-opus-5-5', stream, {});
      expectCost(told, cost);
      expect(told.row).toMatchObject({ input_tokens: 1_000, cached_input_tokens: 100, cache_write_tokens: 600 });
      // The same for who speaks another wire.
      await talk(house, { model: 'claude-opus-5-5', stream });
      expect((await rowsOf(house)).at(-1)).toMatchObject({ cost_nano_usd: cost, cost_complete: 1 });
    });

    test('faster, and in the United States', async () => {
      await start({ providers: { anthropic: '' } });
      house.anthropic.settings.usage = { input: 1_000, output: 100, reasoning: 0 };
      const plain = 1_000 * 4_000 + 100 * 20_000;
      expectCost(await ASK.messages('claude-opus-5-5', stream, { speed: 'fast' }), 2 * plain);
      expectCost(await ASK.messages('claude-opus-5-5', stream, { inference_geo: 'us' }), 1.1 * plain);
      expectCost(await ASK.messages('claude-opus-5-5', stream, { speed: 'standard', inference_geo: 'global' }), plain);
    });

    test('in a place without a known price', async () => {
      await start({ providers: { anthropic: '' } });
      house.anthropic.settings.usage = { input: 1_000, output: 100, reasoning: 0 };
      const told = await ASK.messages('claude-opus-4-8', stream, { inference_geo: 'eu' });
      await expectAtLeast(told, 1_000 * 5_000 + 100 * 25_000);
    });

    test('searches on the web', async () => {
      await start({ providers: { anthropic: '' } });
      Object.assign(house.anthropic.settings, { usage: { input: 1_000, output: 100, reasoning: 0 }, searches: 2 });
      const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
      const told = await ASK.messages('claude-opus-5-5', stream, { tools });
      expectCost(told, 1_000 * 4_000 + 100 * 20_000 + 2 * 10_000_000);
    });
  });

  describe('openai', () => {
    test('a prompt beyond the bound of the price list', async () => {
      await start({ providers: { openai: '' } });
      house.openai.settings.usage = { input: 272_000, cached: 72_000, output: 100, reasoning: 0 };
      const short = 200_000 * 5_000 + 72_000 * 500;
      expectCost(await ASK.chat('gpt-5.5', stream, {}), short + 100 * 30_000);
      house.openai.settings.usage = { input: 272_001, cached: 72_001, output: 100, reasoning: 0 };
      expectCost(await ASK.chat('gpt-5.5', stream, {}), 2 * (short + 500) + 100 * 45_000);
    });

    test('priority at the multiple of the model', async () => {
      await start({ providers: { openai: '' } });
      house.openai.settings.usage = { input: 1_000, output: 100, reasoning: 0 };
      expectCost(await ASK.chat('gpt-5.5', stream, { service_tier: 'priority' }), 2.5 * (1_000 * 5_000 + 100 * 30_000));
      expectCost(await ASK.chat('gpt-5.4', stream, { service_tier: 'priority' }), 2 * (1_000 * 2_500 + 100 * 15_000));
    });

    test('sound in the prompt', async () => {
      await start({ providers: { openai: '' } });
      house.openai.settings.usage = { input: 1_000, audio: 900, output: 100, reasoning: 0 };
      await expectAtLeast(await ASK.chat('gpt-5.4', stream, {}), 1_000 * 2_500 + 100 * 15_000);
    });

    test('a search on the web', async () => {
      await start({ providers: { openai: '' } });
      Object.assign(house.openai.settings, { usage: { input: 1_000, output: 100, reasoning: 0 }, searches: true });
      const cost = 1_000 * 2_500 + 100 * 15_000;
      await expectAtLeast(await ASK.responses('gpt-5.4', stream, { tools: [{ type: 'web_search' }] }), cost);
      // The tool alone costs nothing.
      house.openai.settings.searches = false;
      expectCost(await ASK.responses('gpt-5.4', stream, { tools: [{ type: 'web_search' }] }), cost);
    });

    test('a model that nobody has a price for', async () => {
      await start({ providers: { openai: '' } });
      await expectAtLeast(await ASK.chat('gpt-4o', stream, {}), 0);
    });
  });

  describe('gemini', () => {
    test('a prompt beyond the bound of the price list', async () => {
      await start({ providers: { gemini: '' } });
      house.gemini.settings.usage = { input: 200_001, output: 100, reasoning: 0 };
      const told = await ASK.generate('gemini-3.1-pro-preview', stream, {});
      expectCost(told, 200_001 * 4_000 + 100 * 18_000);
    });

    test('sound in the prompt', async () => {
      await start({ providers: { gemini: '' } });
      house.gemini.settings.usage = { input: 1_000, audio: 900, output: 100, reasoning: 0 };
      await expectAtLeast(await ASK.generate('gemini-3.8-flash', stream, {}), 1_000 * 750 + 100 * 3_750);
    });

    test('an answer that is grounded in a search', async () => {
      await start({ providers: { gemini: '' } });
      Object.assign(house.gemini.settings, { usage: { input: 1_000, output: 100, reasoning: 0 }, searches: true });
      const cost = 1_000 * 750 + 100 * 3_750;
      await expectAtLeast(await ASK.generate('gemini-3.8-flash', stream, { tools: [{ googleSearch: {} }] }), cost);
      expectCost(await ASK.generate('gemini-3.8-flash', stream, {}), cost);
    });
  });

  describe('bedrock', () => {
    const model = 'us.anthropic.claude-opus-4-8';
    let bedrock: BedrockFake;

    async function startBehind(price: string): Promise<void> {
      bedrock = await startBedrock();
      await start({
        providers: {},
        upstreams: [
          `{ name: aws, kind: provider, provider: bedrock, url: "${bedrock.url}", region: us-east-1, apiKey: ${BEDROCK_KEY}, models: ["${model}"] }`,
        ],
        config: `models: [{ name: "${model}", price: { ${price} } }]`,
      });
      Object.assign(bedrock.settings, { usage: USAGE, cacheTtl: '1h' });
    }

    afterEach(async () => {
      expect(bedrock.violations).toEqual([]);
      await bedrock.close();
    });

    test('what is written to a cache for an hour, and clients of Anthropic’s wire are told of it', async () => {
      await startBehind('input: 5, cachedInput: 0.5, cacheWrite: 6.25, longCacheWrite: 10, output: 25');
      const told = await ASK.messages(model, stream, {});
      expectCost(told, 300 * 5_000 + 100 * 500 + 600 * 10_000 + 10 * 25_000);
      expect(told.text).toContain('"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":600}');
    });

    test('the same without a price for it', async () => {
      await startBehind('input: 5, cachedInput: 0.5, cacheWrite: 6.25, output: 25');
      const told = await ASK.messages(model, stream, {});
      await expectAtLeast(told, 300 * 5_000 + 100 * 500 + 600 * 6_250 + 10 * 25_000);
    });
  });
});

test('an answer that its client leaves is not claimed to be the whole cost', async () => {
  await start({ providers: { openai: '' } });
  house.openai.next({ kind: 'stall', afterEvents: 3 });
  const witness = new Witness();
  const controller = new AbortController();
  const said = { model: 'gpt-5.4', stream: true, text: 'Tell me more', witness, signal: controller.signal };
  const talking = talk(house, said).catch(() => undefined);
  await expect.poll(() => witness.seen.length).toBe(1);
  controller.abort();
  await talking;
  expect(await rowsOf(house)).toMatchObject([{ outcome: 'cancelled', cost_complete: 0 }]);
});

test('nor is one that broke off, which is charged to nobody here', async () => {
  await start({ providers: { openai: '' } });
  house.openai.always({ kind: 'die', afterEvents: 3 });
  await expect(talk(house, { model: 'gpt-5.4', stream: true, text: 'Tell me more' })).rejects.toThrow();
  expect(await rowsOf(house)).toMatchObject([{ outcome: 'failed', cost_nano_usd: 0, cost_complete: 0 }]);
  house.openai.always(null);
});
