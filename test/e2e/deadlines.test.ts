import { afterEach, expect, test } from 'vitest';
import { OPENAI_7 } from '../conformance/sdks.ts';
import { checkBooks, readMetrics, total, Witness } from './books.ts';
import { startHouse, until, type House, type HouseOptions } from './harness.ts';
import { speak, type Heard, type Spoken, type Voice } from './voice.ts';

/** A request that says when it must be done gets the cheapest tier that will do, or is told at once that none will. */

let house: House;
let witness: Witness;

/** A house that has seen enough answers to predict the next. */
async function startExperienced(options: HouseOptions = {}): Promise<void> {
  house = await startHouse({ engines: [{ slots: 1, speed: 4 }], ...options });
  witness = new Witness();
  for (let index = 0; index < 20; index += 1) await say({ prompt: `Practice ${index}` }).end;
}

afterEach(async () => {
  try {
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});

const say = (spoken: Partial<Spoken>): Voice => speak(house, witness, { prompt: 'Hello', tokens: 8, ...spoken });

function by(deadline: string, spoken: Partial<Spoken> = {}): Promise<Heard> {
  return say({ ...spoken, headers: { 'offpeak-deadline': deadline } }).end;
}

test('time enough: flex, told as the choice of the gateway', async () => {
  await startExperienced();
  const inTwentyMinutes = new Date(Date.now() + 20 * 60_000).toISOString();
  for (const deadline of ['20m', inTwentyMinutes]) {
    const { tiers, headers } = await by(deadline);
    expect(tiers).toEqual(['flex']);
    expect(headers.get('offpeak-tier')).toBe('flex');
    expect(headers.get('offpeak-requested-tier')).toBe('auto');
  }
});

test('a word in the body does not stand against the deadline', async () => {
  await startExperienced();
  expect((await by('20m', { tier: 'priority' })).tiers).toEqual(['flex']);
});

test('flex that queues for too long: standard, which takes its slot', async () => {
  await startExperienced({ engines: [{ slots: 1, speed: 1 }] });
  const leaving = new AbortController();
  const client = OPENAI_7.connect(`${house.url}/v1`, { fetch: witness.fetch });
  const body = { model: 'sim-8b', messages: [{ role: 'user', content: 'Wait' }], max_tokens: 8 } as const;
  const queued = Array.from({ length: 100 }, () =>
    Promise.resolve(
      client.chat.completions.create({ ...body, service_tier: 'flex' }, { signal: leaving.signal, maxRetries: 0 }),
    ).catch(() => undefined),
  );
  // Each of them takes a fiftieth of the deadline at the very least, one after the other.
  await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') > 80, 'flex queues');
  const { tiers, headers } = await by('3s');
  expect(tiers).toEqual(['default']);
  expect(headers.get('offpeak-requested-tier')).toBe('auto');
  leaving.abort();
  await Promise.all(queued);
});

test('no tier is fast enough: refused at once, for the caller to decide, without a row', async () => {
  await startExperienced();
  const before = witness.attempts;
  const client = OPENAI_7.connect(`${house.url}/v1`, { fetch: witness.fetch });
  const call = client.chat.completions.create(
    { model: 'sim-8b', messages: [{ role: 'user', content: 'Now!' }], max_tokens: 2_000 },
    { headers: { 'offpeak-deadline': '5ms' } },
  );
  const error: unknown = await Promise.resolve(call).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OPENAI_7.errors.RateLimitError);
  expect(OPENAI_7.told(error)).toMatchObject({ status: 429, code: 'deadline_unreachable' });
  expect(witness.attempts).toBe(before + 1);
});

test('a project that may only use flex gets no better one', async () => {
  await startExperienced({ config: 'projects: [{ name: default, maxTier: flex, defaultTier: flex }]' });
  expect((await by('20m')).tiers).toEqual(['flex']);
});

test.each(['never', '0', '2020-01-01T00:00:00Z', '-5m'])(
  'a deadline of %s is named as the mistake',
  async (deadline) => {
    await startExperienced();
    await expect(by(deadline)).rejects.toThrow(/offpeak-deadline/);
  },
);
