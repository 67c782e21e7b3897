import { afterEach, expect, test } from 'vitest';
import { refuse } from '../../providers/fault.ts';
import { OPENAI_REFUSALS } from '../../providers/openai/refusals.ts';
import { rowsOf, untilQuiet, Witness } from '../books.ts';
import { hold } from '../occupy.ts';
import { closeChecked, startHosted, type HostedHouse } from './hosted.ts';
import { talk, type Said, type Told } from './talk.ts';

/** A chain of requests stays with the provider and the tier that it began with, whose prompt cache then serves it. */

let house: HostedHouse;
let witness: Witness;

async function start(engines: readonly { slots: number }[] = []): Promise<void> {
  const own = engines.length === 0 ? '' : '{ upstream: gpu-0, model: sim-8b }, ';
  house = await startHosted({
    providers: { openai: '', gemini: '' },
    engines,
    config: `models:
  - name: chat
    order: ${engines.length === 0 ? 'weights' : 'auto'}
    targets: [${own}{ upstream: openai, model: gpt-5.6-luna }, { upstream: gemini, model: gemini-3.8-flash }]`,
  });
  witness = new Witness();
}

afterEach(async () => {
  house.checkProviders();
  await closeChecked(house, witness);
});

function inSession(session: string, said: Partial<Said> = {}): Promise<Told> {
  return talk(house, { model: 'chat', witness, ...said, headers: { ...said.headers, 'offpeak-session': session } });
}

test('the provider and the tier of the first request are those of the others', async () => {
  await start();
  const first = await inSession('chain', { tier: 'flex' });
  expect(first.word).toBe('flex');
  for (let index = 0; index < 6; index += 1) {
    // Others take turns between the two.
    await talk(house, { model: 'chat', witness });
    const next = await inSession('chain', { stream: index % 2 === 0 });
    expect(next).toMatchObject({ upstream: first.upstream, word: 'flex' });
  }
  const sessions = (await rowsOf(house)).filter(({ served_tier: tier }) => tier === 'flex');
  expect(new Set(sessions.map(({ upstream }) => upstream)).size).toBe(1);
});

test('another session is free to begin elsewhere', async () => {
  await start();
  const upstreams = new Set<string | null>();
  for (const session of ['a', 'b', 'c', 'd']) upstreams.add((await inSession(session)).upstream);
  expect([...upstreams].sort()).toEqual(['gemini', 'openai']);
});

test('a word of its own changes the tier, and the provider stays', async () => {
  await start();
  const first = await inSession('chain', { tier: 'flex' });
  expect(await inSession('chain', { tier: 'priority' })).toMatchObject({ upstream: first.upstream, word: 'priority' });
  expect(await inSession('chain')).toMatchObject({ upstream: first.upstream, word: 'priority' });
});

test('a chain that overflowed to a provider goes on there, also when the engine is free again', async () => {
  await start([{ slots: 1 }]);
  const release = await hold(house);
  const first = await inSession('chain');
  expect(first.upstream).toBe('openai');
  await release();
  await untilQuiet(house);
  expect((await inSession('chain')).upstream).toBe('openai');
  expect((await talk(house, { model: 'chat', more: { max_completion_tokens: 4 }, witness })).upstream).toBe('gpu-0');
});

test('a provider that has no room for a moment is waited for, one that is gone is not', async () => {
  await start();
  const first = await inSession('chain');
  const home = first.upstream as 'openai' | 'gemini';
  const refusal =
    home === 'openai'
      ? { ...OPENAI_REFUSALS.overloaded, headers: { 'retry-after-ms': '600' } }
      : { status: 503, body: { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } } };
  house[home].next(refuse(refusal));
  expect((await inSession('chain')).upstream).toBe(home);
  house[home].always({ kind: 'reset' });
  const next = await inSession('chain');
  expect(next.upstream).not.toBe(home);
  house[home].always(null);
  // The chain lives there now.
  expect((await inSession('chain')).upstream).toBe(next.upstream);
});
