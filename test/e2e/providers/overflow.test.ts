import { afterEach, describe, expect, test } from 'vitest';
import { refuse } from '../../providers/fault.ts';
import { OPENAI_REFUSALS } from '../../providers/openai/refusals.ts';
import { rowsOf, untilQuiet, Witness } from '../books.ts';
import { until } from '../harness.ts';
import { hold } from '../occupy.ts';
import { closeChecked, startHosted, type HostedHouse, type HostedOptions } from './hosted.ts';
import { refusal, talk, type Said, type Told } from './talk.ts';

/** A model with several targets: who is asked first, what is kept from whom, and who steps in. */

let house: HostedHouse;
let witness: Witness;
let release: (() => Promise<void>) | null = null;

async function start(options: Partial<HostedOptions> & { readonly models: string }): Promise<void> {
  const { models, ...rest } = options;
  house = await startHosted({ providers: { openai: '' }, ...rest, config: `models:\n${models}` });
  witness = new Witness();
}

afterEach(async () => {
  await release?.();
  release = null;
  house.checkProviders();
  await closeChecked(house);
});

const say = (said: Partial<Said> = {}): Promise<Told> => talk(house, { model: 'chat', witness, ...said });
const NOW = { 'offpeak-max-wait': '0' };

async function fillEngine(): Promise<void> {
  release = await hold(house);
}

async function freeEngine(): Promise<void> {
  await release?.();
  release = null;
}

function sent(name: 'openai' | 'gemini' | 'groq' | 'anthropic'): number {
  return house[name].requests.filter(({ method }) => method === 'POST').length;
}

describe('an own engine, and a provider behind it', () => {
  const TARGETS = '{ upstream: gpu-0, model: sim-8b }, { upstream: openai, model: gpt-5.6-luna';

  test.each([false, true])('the engine comes first, the provider gets what does not fit, stream %s', async (stream) => {
    await start({ engines: [{ slots: 1 }], models: `  - { name: chat, targets: [${TARGETS} }] }` });
    expect((await say({ stream, more: { max_completion_tokens: 4 } })).upstream).toBe('gpu-0');
    expect(sent('openai')).toBe(0);
    await fillEngine();
    for (const tier of ['default', 'priority']) {
      const told = await say({ stream, tier });
      expect(told).toMatchObject({ upstream: 'openai', text: 'echo: Hello', word: tier });
    }
    expect(sent('openai')).toBe(2);
    await freeEngine();
    await untilQuiet(house);
    expect((await say({ more: { max_completion_tokens: 4 } })).upstream).toBe('gpu-0');
    const [own, standard, priority] = (await rowsOf(house)).filter(({ outcome }) => outcome === 'completed');
    expect(own).toMatchObject({ model: 'chat', upstream: 'gpu-0', upstream_model: 'sim-8b' });
    expect(standard).toMatchObject({ model: 'chat', upstream: 'openai', upstream_model: 'gpt-5.6-luna' });
    // Each at its own price, and priority at twice the provider's.
    expect(priority!.cost_nano_usd).toBe(2 * standard!.cost_nano_usd);
    expect(standard!.cost_nano_usd / standard!.output_tokens).toBeGreaterThan(own!.cost_nano_usd / own!.output_tokens);
  });

  test('flex on the engine gives way before anything is bought', async () => {
    await start({
      engines: [{ slots: 1, speed: 4 }],
      models: `  - { name: chat, targets: [${TARGETS}, tiers: [priority, standard] }] }`,
    });
    const alone = await say({ text: 'Tell of the road', more: { max_completion_tokens: 120, ignore_eos: true } });
    const long = say({
      text: 'Tell of the road',
      tier: 'flex',
      stream: true,
      more: { max_completion_tokens: 120, ignore_eos: true },
    });
    await until(() => house.engines[0]!.stats().runningRequests === 1, 'flex runs');
    expect((await say({ more: { max_completion_tokens: 4 } })).upstream).toBe('gpu-0');
    expect(await long).toMatchObject({ text: alone.text, word: 'flex', upstream: 'gpu-0' });
    expect(sent('openai')).toBe(0);
    expect((await rowsOf(house)).find(({ served_tier: tier }) => tier === 'flex')).toMatchObject({ evictions: 1 });
  });

  test('flex that gave way may go on at a provider that sells it, from its beginning', async () => {
    await start({ engines: [{ slots: 1, speed: 4 }], models: `  - { name: chat, targets: [${TARGETS} }] }` });
    const flex = say({ text: 'Tell of the road', tier: 'flex' });
    await until(() => house.engines[0]!.stats().runningRequests === 1, 'flex runs');
    await until(() => house.engines[0]!.stats().generatedTokens > 3, 'flex is under way');
    expect((await say({ more: { max_completion_tokens: 60 } })).upstream).toBe('gpu-0');
    expect(await flex).toMatchObject({ text: 'echo: Tell of the road', upstream: 'openai', word: 'flex' });
    const row = (await rowsOf(house)).find(({ served_tier: tier }) => tier === 'flex');
    expect(row).toMatchObject({ evictions: 1, upstream: 'openai' });
    // What the engine had said of it was for nothing, and nobody pays for it.
    expect(row!.wasted_tokens).toBeGreaterThan(0);
  });

  test('flex that its client has heard of is left where it is, and who comes buys', async () => {
    await start({ engines: [{ slots: 1, speed: 4 }], models: `  - { name: chat, targets: [${TARGETS} }] }` });
    const flex = say({
      text: 'Tell of the road',
      tier: 'flex',
      stream: true,
      more: { max_completion_tokens: 150, ignore_eos: true },
    });
    await until(() => witness.seen.length === 1, 'it is being heard');
    expect((await say({})).upstream).toBe('openai');
    expect(await flex).toMatchObject({ upstream: 'gpu-0', word: 'flex' });
    expect((await rowsOf(house)).every(({ evictions }) => evictions === 0)).toBe(true);
  });

  test('`tiers` keeps flex away from the provider', async () => {
    await start({
      engines: [{ slots: 1 }],
      models: `  - { name: chat, targets: [${TARGETS}, tiers: [priority, standard] }] }`,
    });
    await fillEngine();
    expect((await say({})).upstream).toBe('openai');
    const { status, code } = await refusal(house, { model: 'chat', tier: 'flex', headers: NOW });
    expect([status, code]).toEqual([429, 'flex_unavailable']);
    expect(sent('openai')).toBe(1);
    const patient = say({ tier: 'flex', more: { max_completion_tokens: 4 } });
    await freeEngine();
    expect(await patient).toMatchObject({ upstream: 'gpu-0', word: 'flex' });
    expect(sent('openai')).toBe(1);
  });

  test('or keeps everything else away from it', async () => {
    await start({ engines: [{ slots: 1 }], models: `  - { name: chat, targets: [${TARGETS}, tiers: [flex] }] }` });
    expect((await say({ tier: 'flex', more: { max_completion_tokens: 4 } })).upstream).toBe('gpu-0');
    await fillEngine();
    expect(await say({ tier: 'flex' })).toMatchObject({ upstream: 'openai', word: 'flex' });
    expect(house.openai.last().body).toMatchObject({ service_tier: 'flex' });
    expect(await refusal(house, { model: 'chat', headers: NOW })).toMatchObject({ status: 429 });
    expect(sent('openai')).toBe(1);
  });

  test('an engine that is gone is stood in for', async () => {
    await start({ engines: [{}], models: `  - { name: chat, targets: [${TARGETS} }] }` });
    await house.engines[0]!.close();
    expect(await say({})).toMatchObject({ upstream: 'openai', text: 'echo: Hello' });
    expect(await say({ stream: true })).toMatchObject({ upstream: 'openai', text: 'echo: Hello' });
  });
});

describe('the order of targets', () => {
  const LISTED =
    'order: listed, targets: [{ upstream: openai, model: gpt-5.6-luna }, { upstream: gpu-0, model: sim-8b }]';

  test('listed: engines too wait for their turn', async () => {
    await start({ engines: [{}], models: `  - { name: chat, ${LISTED} }` });
    for (let index = 0; index < 5; index += 1) expect((await say()).upstream).toBe('openai');
    house.openai.next(refuse(OPENAI_REFUSALS.overloaded));
    expect(await say({ more: { max_completion_tokens: 4 } })).toMatchObject({ upstream: 'gpu-0' });
    // Refused for five seconds, the lane is left alone for so long.
    expect((await say({ more: { max_completion_tokens: 4 } })).upstream).toBe('gpu-0');
  });

  test('cost: the cheapest provider for each tier, wherever it stands', async () => {
    await start({
      providers: { openai: '', groq: '', gemini: '' },
      models: `  - name: chat
    order: cost
    targets:
      - { upstream: gemini, model: gemini-3.8-flash }
      - { upstream: openai, model: gpt-5.6-luna }
      - { upstream: groq, model: openai/gpt-oss-120b }`,
    });
    // At Groq flex costs what standard does; at OpenAI it is half the price.
    expect((await say({ tier: 'default' })).upstream).toBe('groq');
    expect((await say({ tier: 'flex' })).upstream).toBe('openai');
    expect((await say({ tier: 'priority' })).upstream).toBe('openai');
    expect(sent('gemini')).toBe(0);
  });

  test('weights: shares of the whole', async () => {
    await start({
      providers: { openai: '', gemini: '' },
      models: `  - name: chat
    order: weights
    targets:
      - { upstream: openai, model: gpt-5.6-luna, weight: 3 }
      - { upstream: gemini, model: gemini-3.8-flash, weight: 1 }`,
    });
    for (let index = 0; index < 24; index += 1) await say({ stream: index % 2 === 0 });
    expect([sent('openai'), sent('gemini')]).toEqual([18, 6]);
    // Each tier has shares of its own.
    for (let index = 0; index < 8; index += 1) await say({ tier: 'flex' });
    expect([sent('openai'), sent('gemini')]).toEqual([24, 8]);
  });

  test('auto: providers one after another', async () => {
    await start({
      providers: { openai: '', gemini: '', anthropic: '' },
      models: `  - name: chat
    targets:
      - { upstream: gemini, model: gemini-3.8-flash }
      - { upstream: anthropic, model: claude-haiku-4-5-20251001 }
      - { upstream: openai, model: gpt-5.6-luna }`,
    });
    expect((await say()).upstream).toBe('gemini');
    await house.gemini.close();
    expect((await say()).upstream).toBe('anthropic');
    // Anthropic sells no flex.
    expect(await say({ tier: 'flex' })).toMatchObject({ upstream: 'openai', word: 'flex' });
  });
});

describe('a target that cannot', () => {
  const BOTH = `  - name: chat
    targets:
      - { upstream: anthropic, model: claude-haiku-4-5-20251001 }
      - { upstream: openai, model: gpt-5.6-luna }`;

  test('take the request in its wire is passed over, and the others are not told apart', async () => {
    await start({ providers: { openai: '', anthropic: '' }, models: BOTH });
    expect((await say()).upstream).toBe('anthropic');
    expect((await say({ more: { n: 2 } })).upstream).toBe('openai');
    expect((await say({ more: { logprobs: true } })).upstream).toBe('openai');
  });

  test.each([
    [
      'is overloaded',
      () =>
        house.anthropic.always(
          refuse({ status: 529, body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }),
        ),
    ],
    [
      'fails',
      () =>
        house.anthropic.always(
          refuse({ status: 500, body: { type: 'error', error: { type: 'api_error', message: 'Internal' } } }),
        ),
    ],
    ['hangs up', () => house.anthropic.always({ kind: 'reset' })],
    [
      'has no money left',
      () =>
        house.anthropic.always(
          refuse({ status: 402, body: { type: 'error', error: { type: 'billing_error', message: 'Pay' } } }),
        ),
    ],
    [
      'refuses the key',
      () =>
        house.anthropic.always(
          refuse({
            status: 401,
            body: { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
          }),
        ),
    ],
    ['answers a page', () => house.anthropic.always({ kind: 'html', status: 502 })],
  ] as const)('%s is stood in for by the next one', async (_what, fail) => {
    await start({ providers: { openai: '', anthropic: '' }, models: BOTH });
    fail();
    for (const stream of [false, true])
      expect(await say({ stream })).toMatchObject({ upstream: 'openai', text: 'echo: Hello' });
    house.anthropic.always(null);
  });
});
