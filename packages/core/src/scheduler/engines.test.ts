import { DEFAULT_AIMD_LIMITS } from '../capacity/aimd-capacity.ts';
import { expect, test } from 'vitest';
import { LimitBook } from '../limits/limit-book.ts';
import { Driver, lines } from './testing/driver.ts';

test('interactive tickets spread out, evictable ones pack', () => {
  const interactive = new Driver();
  interactive.up('e', 4);
  interactive.up('f', 4);
  expect(interactive.submit('s1', 'standard')).toEqual(['start s1 on e']);
  expect(interactive.submit('s2', 'standard')).toEqual(['start s2 on f']);

  const evictable = new Driver();
  evictable.up('e', 2);
  evictable.up('f', 2);
  expect(evictable.submit('f1', 'flex')).toEqual(['start f1 on e']);
  expect(evictable.submit('f2', 'flex')).toEqual(['start f2 on e']);
  expect(evictable.submit('f3', 'flex')).toEqual(['start f3 on f']);
});

test('another placement plugs in', () => {
  const driver = new Driver({ policy: { placement: (_entry, engine) => (engine.name === 'f' ? 0 : 1) } });
  driver.up('e', 2);
  driver.up('f', 2);
  expect(driver.submit('s1', 'standard')).toEqual(['start s1 on f']);
});

test('another capacity model plugs in, and may hold back the evictable tiers alone', () => {
  const driver = new Driver({
    capacity: () => ({
      slotsLimit: 2,
      kvTokensLimit: Infinity,
      reviewAt: null,
      wantsBeats: false,
      quality: null,
      admits: ({ tier }, load) => load.slots < (tier === 'flex' ? 1 : 2),
      strained: () => false,
      stepMs: () => null,
      yieldsPrompt: () => false,
      firstTokenMs: () => null,
      observe: () => undefined,
    }),
  });
  driver.up('e', 9);
  expect(driver.submit('f1', 'flex')).toEqual(['start f1 on e']);
  expect(driver.submit('f2', 'flex')).toEqual([]);
  expect(driver.submit('s1', 'standard')).toEqual(['start s1 on e']);
});

test('an engine that is down takes no starts, and what runs there goes on', () => {
  const driver = new Driver();
  driver.up('e', 2);
  driver.submit('s1', 'standard');
  driver.tell({ kind: 'engine-down', engine: 'e' });
  expect(driver.submit('s2', 'standard')).toEqual([]);
  expect(driver.finish('s1')).toEqual([]);
  expect(driver.up('e', 2)).toEqual(['start s2 on e']);
});

test('a lost ticket runs again where that is safe, after a pause, so many times', () => {
  const driver = new Driver({ limits: { lostRunsMax: 1, lostPauseMs: 250 } });
  driver.up('e', 1);
  driver.submit('t', 'standard', { continuation: 'restart' });
  expect(driver.stopped('t', 'lost')).toEqual([]);
  expect(driver.wait(249)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start t on e again']);
  expect(driver.stopped('t', 'lost')).toEqual(['fail t']);
  expect(driver.scheduler.engineView('e')).toMatchObject({ running: 0, kvReserved: 0 });
});

test('a lost ticket fails where another run is not safe', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('f', 1);
  driver.submit('t', 'standard', { continuation: 'restart' });
  driver.tell({ kind: 'committed', id: 't' });
  expect(driver.stopped('t', 'lost', 4)).toEqual(['fail t']);
});

test('a bounced ticket did not run: it tries elsewhere at once, whatever it may continue', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('f', 1);
  driver.submit('t', 'standard', { continuation: 'none' });
  expect(driver.stopped('t', 'bounced')).toEqual(['start t on f again']);
  expect(driver.submit('u', 'standard', { patienceMs: 5_000 })).toEqual([]);
  expect(driver.wait(1_000)).toEqual(['start u on e']);
});

test('an engine that is removed is forgotten with its last ticket, and its models with their last ticket', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('s1', 'standard');
  driver.tell({ kind: 'engine-removed', engine: 'e' });
  expect(driver.scheduler.engines()).toEqual(['e']);
  driver.finish('s1');
  expect(driver.scheduler.engines()).toEqual([]);
  expect(driver.scheduler.depths()).toEqual([]);
});

test('auto slots grow while tickets wait, without any event but ticks', () => {
  const driver = new Driver();
  driver.up('e', 'auto');
  const { slotsStart, windowMs } = DEFAULT_AIMD_LIMITS;
  for (let index = 0; index < slotsStart * 5; index += 1) {
    driver.submit(`s${String(index)}`, 'standard');
  }
  expect(driver.scheduler.engineView('e')?.running).toBe(slotsStart * 2);
  driver.wait(windowMs);
  expect(driver.scheduler.engineView('e')?.running).toBe(slotsStart * 4);
  driver.tell({ kind: 'engine-stats', engine: 'e', waiting: 5 });
  driver.tell({ kind: 'engine-stats', engine: 'e', waiting: 5 });
  driver.tell({ kind: 'engine-stats', engine: 'e', waiting: 5 });
  expect(driver.scheduler.engineView('e')?.slotsLimit).toBe(slotsStart * 2);
});

test('a cancelled ticket frees its slot or its place at once, and what it took is settled', () => {
  const limits = { requestsPerMinute: 10, tokensPerMinute: 1_000 };
  const gate = new LimitBook({ limitsFor: () => ({ bucket: 'standard', limits }) });
  const driver = new Driver({ gate });
  driver.up('e', 1);
  driver.submit('running', 'standard');
  driver.submit('queued', 'standard');
  driver.submit('next', 'standard');
  driver.tell({ kind: 'cancel', id: 'queued' });
  // 20 each are reserved for the two that are left, and the one that never ran does not count.
  expect(gate.report('p', 'm', 'standard', 0)).toMatchObject({
    requestsPerMinute: { remaining: 8 },
    tokensPerMinute: { remaining: 960 },
  });
  expect(driver.tell({ kind: 'cancel', id: 'running', outputTokens: 3 })).toMatchObject([
    { kind: 'start', id: 'next' },
  ]);
  expect(gate.report('p', 'm', 'standard', 0).tokensPerMinute?.remaining).toBe(967);
});

test('events about what is gone are ignored', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('t', 'standard');
  driver.finish('t');
  for (const kind of ['cancel', 'committed', 'first-token'] as const) {
    expect(driver.tell({ kind, id: 't' })).toEqual([]);
  }
  expect(driver.stopped('t', 'lost')).toEqual([]);
  expect(driver.tell({ kind: 'engine-down', engine: 'nowhere' })).toEqual([]);
});

test('a ticket that is tied to an engine for its cache goes elsewhere when that engine loses it', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('f', 1);
  expect(driver.submit('t', 'standard', { engines: ['f'], enginesForCache: true })).toEqual(['start t on f']);
  expect(driver.stopped('t', 'lost')).toEqual(['start t on e again']);
});

test('one that waits for such an engine goes elsewhere when it goes down, one that may only run there stays', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('f', 2);
  driver.submit('busy', 'standard', { engines: ['e'] });
  expect(driver.submit('tied', 'standard', { engines: ['e'], enginesForCache: true })).toEqual([]);
  expect(driver.submit('bound', 'standard', { engines: ['e'] })).toEqual([]);
  expect(lines(driver.tell({ kind: 'engine-down', engine: 'e' }))).toEqual(['start tied on f']);
  expect(driver.up('e', 2)).toEqual(['start bound on e']);
});
