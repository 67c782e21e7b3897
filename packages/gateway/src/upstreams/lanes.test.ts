import type { Tier } from '@offpeak/core';
import { expect, test, vi } from 'vitest';
import { LANES_MAX, Lanes, type Lane } from './lanes.ts';
import type { ProviderUpstream } from './provider-upstream.ts';
import type { ProviderTarget } from './route.ts';
import { UNNAMED_PLACES } from './targets.ts';
import { idleProvider } from './testing/provider.ts';

const OPENAI = idleProvider('openai');

function house(): { lanes: Lanes; up: Lane[]; gone: Lane[] } {
  const up: Lane[] = [];
  const gone: Lane[] = [];
  const lanes = new Lanes({ laneUp: (lane) => up.push(lane), laneGone: (lane) => gone.push(lane) });
  return { lanes, up, gone };
}

function target(upstream: ProviderUpstream = OPENAI, model = 'm'): ProviderTarget {
  return { upstream, model, tiers: ['priority', 'standard', 'flex'], places: UNNAMED_PLACES };
}

test('a lane is made when it is first asked for, and is the same from then on', () => {
  const { lanes, up } = house();
  const first = lanes.lane(target(), 'flex', 'chat', 'p', undefined)!;
  expect(first).toMatchObject({ upstream: OPENAI, model: 'm', tier: 'flex', places: { chat: { rank: 1 } } });
  expect(lanes.lane(target(), 'flex', 'chat', 'q', undefined)).toBe(first);
  expect(lanes.get(first.id)).toBe(first);
  expect(lanes.get('openai')).toBeUndefined();
  expect(up).toEqual([first]);
});

test('one more name for it is told, and only once', () => {
  const { lanes, up } = house();
  const places = { ...UNNAMED_PLACES, flex: { rank: 3, weight: 2 } };
  const lane = lanes.lane(target(), 'flex', 'chat', 'p', undefined)!;
  lanes.lane({ ...target(), places }, 'flex', 'evals', 'p', undefined);
  lanes.lane({ ...target(), places }, 'flex', 'evals', 'p', undefined);
  expect(lane.places).toEqual({ chat: { rank: 1 }, evals: { rank: 3, weight: 2 } });
  expect(up).toEqual([lane, lane]);
});

test('a name that every object has a member of is a name like any other', () => {
  const { lanes, up } = house();
  const lane = lanes.lane(target(), 'flex', 'constructor', 'p', undefined)!;
  expect(lane.places['constructor']).toEqual({ rank: 1 });
  expect(up).toEqual([lane]);
});

test('model, tier, upstream and who pays each make another lane', () => {
  const { lanes } = house();
  const aws = idleProvider('aws', { provider: 'bedrock' });
  const made = [
    lanes.lane(target(), 'flex', 'chat', 'p', undefined),
    lanes.lane(target(), 'standard', 'chat', 'p', undefined),
    lanes.lane(target(OPENAI, 'm2'), 'flex', 'chat', 'p', undefined),
    lanes.lane(target(aws), 'flex', 'chat', 'p', undefined),
    lanes.lane(target(), 'flex', 'chat', 'p', 'key-of-p'),
    lanes.lane(target(), 'flex', 'chat', 'q', 'key-of-q'),
  ];
  expect(new Set(made).size).toBe(made.length);
  expect(new Set(made.map((lane) => lane!.id)).size).toBe(made.length);
});

test('no choice of names makes two lanes one', () => {
  const { lanes } = house();
  const asked: [string, Tier, string, string | undefined][] = [
    ['m', 'flex', 'p', 'key-of-p'],
    ['m', 'flex', 'm', 'key-of-m'],
    ['p m', 'flex', 'm', undefined],
    ['m flex', 'standard', 'p', undefined],
    ['m', 'standard', 'flex', 'key-of-flex'],
    ['m standard', 'flex', 'p', undefined],
    ['- m', 'flex', 'p', undefined],
  ];
  for (const [model, tier, project, ownKey] of asked) {
    const lane = lanes.lane(target(OPENAI, model), tier, 'chat', project, ownKey)!;
    const key = ownKey ?? 'operator-key';
    expect(lane).toMatchObject({ model, tier, credential: { kind: 'key', key } });
  }
});

test("who brings a key pays with it, and everybody else with the operator's", () => {
  const { lanes } = house();
  const signed = idleProvider('aws', {
    provider: 'bedrock',
    apiKey: undefined,
    aws: { accessKeyId: 'AK', secretAccessKey: 'SK', sessionToken: 'ST' },
  });
  expect(lanes.lane(target(), 'flex', 'chat', 'p', 'own')!.credential).toEqual({ kind: 'key', key: 'own' });
  expect(lanes.lane(target(), 'flex', 'chat', 'p', undefined)!.credential).toEqual({
    kind: 'key',
    key: 'operator-key',
  });
  expect(lanes.lane(target(signed), 'flex', 'chat', 'p', undefined)!.credential).toEqual({
    kind: 'aws',
    accessKeyId: 'AK',
    secretAccessKey: 'SK',
    sessionToken: 'ST',
  });
  expect(lanes.lane(target(signed), 'flex', 'chat', 'p', 'own')!.credential).toEqual({ kind: 'key', key: 'own' });
});

test('where the operator has no key, there are only the lanes of those who bring one', () => {
  const { lanes, up } = house();
  const keyless = idleProvider('openai', { apiKey: undefined });
  expect(lanes.lane(target(keyless), 'flex', 'chat', 'p', undefined)).toBeUndefined();
  expect(up).toEqual([]);
  const own = lanes.lane(target(keyless), 'flex', 'chat', 'p', 'own');
  expect(up).toEqual([own]);
});

test('there are at most so many; those that are there go on working', () => {
  const { lanes, up } = house();
  const first = lanes.lane(target(OPENAI, 'm0'), 'flex', 'chat', 'p', undefined);
  for (let index = 1; index < LANES_MAX; index += 1)
    lanes.lane(target(OPENAI, `m${index}`), 'flex', 'chat', 'p', undefined);
  expect(up).toHaveLength(LANES_MAX);
  expect(lanes.lane(target(OPENAI, 'one-more'), 'flex', 'chat', 'p', undefined)).toBeUndefined();
  expect(lanes.lane(target(OPENAI, 'm0'), 'flex', 'chat', 'p', undefined)).toBe(first);
  expect(lanes.lane(target(OPENAI, 'm0'), 'flex', 'another name', 'p', undefined)).toBe(first);
});

test("dropping an upstream takes its lanes and no other's, and they can be made anew", () => {
  const { lanes, gone } = house();
  const groq = idleProvider('groq', { provider: 'groq' });
  const its = [
    lanes.lane(target(), 'flex', 'chat', 'p', undefined)!,
    lanes.lane(target(), 'flex', 'chat', 'p', 'own')!,
  ];
  const other = lanes.lane(target(groq), 'flex', 'chat', 'p', undefined)!;
  lanes.drop('openai');
  expect(gone).toEqual(its);
  expect(its.map(({ id }) => lanes.get(id))).toEqual([undefined, undefined]);
  expect(lanes.get(other.id)).toBe(other);
  const again = lanes.lane(target(), 'flex', 'chat', 'p', undefined);
  expect(again).not.toBe(its[0]);
  expect(again!.id).toBe(its[0]!.id);
  lanes.drop();
  expect(gone).toEqual([...its, other, again]);
});

test("a lane's pauses are its own", () => {
  const { lanes } = house();
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.999);
  const refused = lanes.lane(target(), 'flex', 'chat', 'p', undefined)!;
  const untouched = lanes.lane(target(), 'standard', 'chat', 'p', undefined)!;
  for (let count = 0; count < 5; count += 1) refused.backoff.refused(undefined);
  expect(refused.backoff.refused(undefined)).toBeGreaterThan(30_000);
  expect(untouched.backoff.refused(undefined)).toBeLessThan(1_000);
  random.mockRestore();
});
