import { afterEach, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total, Witness } from './books.ts';
import { startHouse, until, type House, type HouseOptions } from './harness.ts';
import { speak, type Heard, type Spoken, type Voice } from './voice.ts';

/** A chain of requests under one name keeps its tier and its engine, whose prompt cache then serves it. */

let house: House;
let witness: Witness;

async function start(options: HouseOptions): Promise<void> {
  house = await startHouse(options);
  witness = new Witness();
  await until(
    async () => total(readMetrics(await house.metrics()), 'offpeak_upstream_up') === house.engines.length,
    'all engines are up',
  );
}

afterEach(async () => {
  try {
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});

const say = (spoken: Partial<Spoken>): Voice => speak(house, witness, { prompt: 'Hello', tokens: 4, ...spoken });

function inSession(session: string, spoken: Partial<Spoken> = {}): Promise<Heard> {
  return say({ ...spoken, headers: { 'offpeak-session': session } }).end;
}

function placeOf({ headers }: Heard): string {
  return headers.get('offpeak-upstream')!;
}

test('what the first request was served as and where, the others are', async () => {
  await start({ engines: [{}, {}, {}] });
  const first = await inSession('chain', { tier: 'flex' });
  for (let index = 0; index < 6; index += 1) {
    // Others come between, and go wherever there is room.
    const [heard] = await Promise.all([inSession('chain', { prompt: `Step ${index}` }), say({ tokens: 40 }).end]);
    expect(heard.tiers).toEqual(['flex']);
    expect(heard.headers.get('offpeak-requested-tier')).toBe('flex');
    expect(placeOf(heard)).toBe(placeOf(first));
  }
});

test('`auto` is the tier of the session, and a word of its own changes it', async () => {
  await start({});
  await inSession('chain', { tier: 'flex' });
  expect((await inSession('chain', { tier: 'auto' })).tiers).toEqual(['flex']);
  expect((await inSession('chain', { tier: 'priority' })).tiers).toEqual(['priority']);
  expect((await inSession('chain')).tiers).toEqual(['priority']);
  expect((await inSession('another')).tiers).toEqual(['default']);
});

test('it waits for its own engine while another one is free', async () => {
  await start({ engines: [{ slots: 1 }, { slots: 1 }] });
  const home = placeOf(await inSession('chain'));
  const engine = house.engines[Number(home.slice('gpu-'.length))]!;
  engine.faults.inject({ kind: 'slow-first-token', delayMs: 60_000 });
  const leaving = new AbortController();
  const blocker = fetch(`${house.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'offpeak-session': 'chain' },
    body: JSON.stringify({ model: 'sim-8b', messages: [{ role: 'user', content: 'Block' }], max_tokens: 1 }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await until(() => engine.faults.pending === 0, 'its engine is busy');
  const next = inSession('chain');
  await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') === 1, 'it waits');
  expect(placeOf(await say({}).end)).not.toBe(home);
  leaving.abort();
  await blocker;
  expect(placeOf(await next)).toBe(home);
});

test('an engine that is lost lets go of its sessions, also in the middle of an answer', async () => {
  await start({
    engines: [
      { slots: 2, speed: 4 },
      { slots: 2, speed: 4 },
    ],
  });
  const long: Partial<Spoken> = { prompt: 'Tell of the road', tokens: 200, tier: 'flex' };
  const alone = await say({ ...long, tier: 'default' }).end;
  const home = placeOf(await inSession('chain', { tier: 'flex' }));
  const voice = say({ ...long, stream: true, headers: { 'offpeak-session': 'chain' } });
  await until(() => voice.chunks > 5, 'it is under way');
  await house.engines[Number(home.slice('gpu-'.length))]!.close();
  expect((await voice.end).text).toBe(alone.text);
  const next = await inSession('chain');
  expect(placeOf(next)).not.toBe(home);
  expect(next.tiers).toEqual(['flex']);
  expect((await rowsOf(house)).every(({ outcome }) => outcome === 'completed')).toBe(true);
});
