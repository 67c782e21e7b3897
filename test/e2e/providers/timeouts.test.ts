import { afterEach, describe, expect, test } from 'vitest';
import { refuse } from '../../providers/fault.ts';
import { OPENAI_REFUSALS } from '../../providers/openai/refusals.ts';
import { rowsOf, Witness } from '../books.ts';
import { openStream } from '../fake-engine.ts';
import { startHouse, until, type House } from '../harness.ts';
import { closeChecked, startHosted, type HostedHouse } from './hosted.ts';
import { answerWell, providerLine, startScripted, streamOf, type Scripted } from './scripted.ts';
import { refusal, talk } from './talk.ts';

/** How long a provider may take, which is its tier's matter; and how long a client waits for it, which is the client's. */

const MODEL = 'gpt-5.6-luna';
/** Between the limit of standard and that of flex, in the configurations below. */
const LATE_MS = 1_200;
const TIERS = 'tiers: { standard: { timeout: 300ms }, flex: { timeout: 20s } }\n';

describe('a provider that begins late', () => {
  let house: House;
  let provider: Scripted;

  async function start(config: string): Promise<void> {
    provider = await startScripted();
    house = await startHouse({
      upstreams: [providerLine('openai', provider, `apiKey: sk-1, models: [${MODEL}]`)],
      config,
    });
  }

  afterEach(async () => {
    await house.close();
    await provider.close();
  });

  test.each([false, true])('is waited for at flex, and not at standard, stream %s', async (stream) => {
    await start(TIERS);
    provider.answer = (res, asked) => {
      setTimeout(() => {
        answerWell(res, asked);
      }, LATE_MS);
    };
    expect((await talk(house, { model: MODEL, tier: 'flex', stream })).text).toBe('ok');
    const refused = await refusal(house, { model: MODEL, stream });
    expect(refused).toMatchObject({ status: 504, code: 'upstream_timeout' });
    expect(refused.message).toContain('300ms');
    expect(refused.headers.get('x-should-retry')).toBe('false');
    await until(() => provider.open === 0, 'the provider is left');
    // It is not asked once more for what it would again take too long for.
    expect(provider.asked).toHaveLength(2);
    const [flex, standard] = await rowsOf(house);
    expect(flex).toMatchObject({ outcome: 'completed', served_tier: 'flex' });
    expect(standard).toMatchObject({ outcome: 'failed', status: 504, cost_nano_usd: 0 });
  });

  test('is given up for another target, where there is one', async () => {
    const other = await startScripted();
    provider = await startScripted();
    house = await startHouse({
      upstreams: [
        providerLine('openai', provider, `apiKey: sk-1, models: [${MODEL}]`),
        providerLine('second', other, `apiKey: sk-2, models: [${MODEL}]`),
      ],
      config: `${TIERS}models:
  - { name: chat, targets: [{ upstream: openai, model: ${MODEL} }, { upstream: second, model: ${MODEL} }] }`,
    });
    provider.answer = () => undefined;
    expect(await talk(house, { model: 'chat' })).toMatchObject({ text: 'ok', upstream: 'second' });
    expect(await talk(house, { model: 'chat', stream: true })).toMatchObject({ text: 'ok', upstream: 'second' });
    await other.close();
  });

  test('a project can have more time than the others', async () => {
    await start(`${TIERS}projects:\n  - { name: default, tiers: { standard: { timeout: 20s } } }\n`);
    provider.answer = (res, asked) => {
      setTimeout(() => {
        answerWell(res, asked);
      }, LATE_MS);
    };
    expect((await talk(house, { model: MODEL })).text).toBe('ok');
  });

  test('who says headers at once and the first word late is waited for at flex, and not at standard', async () => {
    await start(`${TIERS}server: { upstreamSilenceMax: 300ms }\n`);
    provider.answer = (res, { body }) => {
      openStream(res);
      res.flushHeaders();
      setTimeout(() => {
        res.end(streamOf('ok', { service_tier: body['service_tier'] ?? 'default' }));
      }, LATE_MS);
    };
    expect((await talk(house, { model: MODEL, tier: 'flex', stream: true })).text).toBe('ok');
    expect(await refusal(house, { model: MODEL, stream: true })).toMatchObject({ status: 504 });
  });
});

describe('a client', () => {
  let house: HostedHouse;
  let witness: Witness;

  async function start(config = ''): Promise<void> {
    house = await startHosted({ providers: { openai: '' }, config });
    witness = new Witness();
  }

  afterEach(async () => {
    house.checkProviders();
    await closeChecked(house, witness);
  });

  const posts = (): number => house.openai.requests.filter(({ method }) => method === 'POST').length;

  // openai 7 states two seconds, and counts the body too: nothing that is sent early would keep it.
  test('that leaves before the provider is asked again is refused at once', async () => {
    await start();
    house.openai.next(refuse({ ...OPENAI_REFUSALS.overloaded, headers: { 'retry-after': '5' } }));
    const refused = await refusal(house, { model: MODEL, witness, timeoutMs: 2_000 });
    expect(refused).toMatchObject({ status: 429 });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(4);
    expect(posts()).toBe(1);
    expect((await rowsOf(house))[0]).toMatchObject({ outcome: 'refused', cost_nano_usd: 0 });
  });

  test('that stays long enough waits for the same', async () => {
    await start();
    house.openai.next(refuse({ ...OPENAI_REFUSALS.overloaded, headers: { 'retry-after': '1' } }));
    expect((await talk(house, { model: MODEL, witness, timeoutMs: 20_000 })).text).toBe('echo: Hello');
    expect(posts()).toBe(2);
  });

  test('that is patient is waited for with, and one that is not is refused with a status', async () => {
    await start();
    house.openai.always(refuse({ ...OPENAI_REFUSALS.flexUnavailable, headers: { 'retry-after-ms': '400' } }));
    const headers = { 'offpeak-max-wait': '1s' };
    const refused = await refusal(house, { model: MODEL, tier: 'flex', headers, witness });
    expect(refused).toMatchObject({ status: 429, code: 'flex_unavailable' });
    expect(posts()).toBeGreaterThan(1);
    const patient = talk(house, { model: MODEL, tier: 'flex', witness });
    house.openai.always(null);
    expect((await patient).word).toBe('flex');
  });

  test('that leaves while the lane is paused leaves nothing behind', async () => {
    await start();
    house.openai.next(refuse({ ...OPENAI_REFUSALS.flexUnavailable, headers: { 'retry-after': '2' } }));
    const leaving = new AbortController();
    const call = talk(house, { model: MODEL, tier: 'flex', witness, signal: leaving.signal }).catch(() => 'left');
    await until(() => posts() === 1, 'it was refused once');
    leaving.abort();
    expect(await call).toBe('left');
    const [row] = await rowsOf(house);
    expect(row).toMatchObject({ outcome: 'cancelled', cost_nano_usd: 0 });
    expect((await talk(house, { model: MODEL, tier: 'flex', witness })).word).toBe('flex');
    expect(posts()).toBe(2);
  });

  test('is not let into what is left of the account’s limits, but waits for them', async () => {
    await start();
    house.openai.settings.limits = {
      requests: { limit: 500, remaining: 0, resetMs: 2_000 },
      tokens: { limit: 30_000, remaining: 29_000, resetMs: 2_000 },
    };
    await talk(house, { model: MODEL, witness });
    const began = posts();
    const headers = { 'offpeak-max-wait': '0' };
    expect(await refusal(house, { model: MODEL, headers, witness })).toMatchObject({ status: 429 });
    expect(posts()).toBe(began);
    house.openai.settings.limits = null;
    expect((await talk(house, { model: MODEL, witness })).text).toBe('echo: Hello');
    const rows = await rowsOf(house);
    expect(rows.at(-1)!.wait_ms).toBeGreaterThan(100);
  });
});
