import { expect, test } from 'vitest';
import { DEFAULT_PROVIDER_LIMITS } from '../capacity/provider/provider-limits.ts';
import { Driver, lines } from './testing/driver.ts';

const { windowStart } = DEFAULT_PROVIDER_LIMITS;

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index)}`);
}

test('what runs on a lane is never evicted', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard', 'flex'], { slots: 1 });
  driver.submit('f1', 'flex');
  expect(driver.submit('s1', 'standard')).toEqual([]);
  expect(driver.submit('s2', 'standard', { patienceMs: 0 })).toEqual(['refuse s2 at standard: contended']);
});

test('no stream of a lane is followed', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.submit('s1', 'standard');
  expect(driver.tell({ kind: 'first-token', id: 's1' })).toEqual([]);
});

test('a lane gets another model under way without an end to its pause', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.submit('s1', 'standard');
  driver.stopped('s1', 'bounced', 0, 5_000);
  expect(driver.lane('lane', ['standard'], { models: ['m', 'n'] })).toEqual([]);
  expect(driver.submit('s2', 'standard', { model: 'n' })).toEqual([]);
  expect(driver.wait(4_999)).toEqual([]);
  expect(driver.wait(1)).toHaveLength(1);
});

test('a refusal tells how long its engine is left alone, within bounds', () => {
  const driver = new Driver({ limits: { pauseMsMax: 20_000 } });
  driver.lane('lane', ['standard']);
  driver.submit('s1', 'standard');
  expect(driver.stopped('s1', 'bounced', 0, 8_000)).toEqual([]);
  expect(driver.wait(7_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start s1 on lane again']);
  driver.stopped('s1', 'bounced', 0, 1_000_000);
  expect(driver.wait(19_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start s1 on lane again']);
});

test('so does a loss, which proves nothing about the others where it tells nothing', () => {
  const driver = new Driver({ limits: { lostPauseMs: 250 } });
  driver.lane('lane', ['standard']);
  for (const id of names('s', 4)) driver.submit(id, 'standard');
  driver.stopped('s0', 'lost');
  driver.stopped('s1', 'lost');
  expect(driver.wait(250)).toEqual(['start s0 on lane again', 'start s1 on lane again']);
  driver.stopped('s2', 'lost', 0, 3_000);
  driver.stopped('s3', 'lost', 0, 3_000);
  expect(driver.wait(2_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start s2 on lane again']);
  expect(lines(driver.tell({ kind: 'first-token', id: 's2' }))).toEqual(['start s3 on lane again']);
});

test('after a pause one ticket goes first; its first token, or its answer in one piece, lets the others follow', () => {
  for (const succeeds of ['first-token', 'finish'] as const) {
    const driver = new Driver();
    driver.lane('lane', ['standard']);
    for (const id of names('s', 3)) driver.submit(id, 'standard');
    for (const id of names('s', 3)) driver.stopped(id, 'bounced', 0, 1_000);
    driver.submit('s3', 'standard');
    expect(driver.wait(1_000)).toEqual(['start s0 on lane again']);
    const told = succeeds === 'finish' ? driver.finish('s0') : lines(driver.tell({ kind: 'first-token', id: 's0' }));
    // Three were under way when the first was refused: one is half of that, and the success adds one.
    expect(told).toEqual(
      succeeds === 'finish' ? ['start s1 on lane again', 'start s2 on lane again'] : ['start s1 on lane again'],
    );
  }
});

test('a window that was cut is no reason to refuse, but to wait', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  const first = names('s', windowStart);
  for (const id of first) driver.submit(id, 'standard');
  expect(driver.submit('late', 'standard')).toEqual([]);
  driver.stopped(first[0]!, 'bounced', 0, 0);
  expect(driver.scheduler.engineView('lane')).toMatchObject({ slotsLimit: windowStart / 2, running: windowStart - 1 });
});

test('what an upstream says is left of its limits is not exceeded before they reset', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.tell({ kind: 'engine-limits', engine: 'lane', requests: { remaining: 2, resetsInMs: 5_000 } });
  expect(names('s', 4).flatMap((id) => driver.submit(id, 'standard'))).toEqual([
    'start s0 on lane',
    'start s1 on lane',
  ]);
  driver.finish('s0');
  expect(driver.wait(4_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start s2 on lane', 'start s3 on lane']);
});

test('a new word on the limits is acted on at once', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.tell({ kind: 'engine-limits', engine: 'lane', tokens: { remaining: 25, resetsInMs: 5_000 } });
  expect(driver.submit('s1', 'standard')).toEqual(['start s1 on lane']);
  expect(driver.submit('s2', 'standard')).toEqual([]);
  const told = driver.tell({ kind: 'engine-limits', engine: 'lane', tokens: { remaining: 20, resetsInMs: 9_000 } });
  expect(lines(told)).toEqual(['start s2 on lane']);
});

test('limits of an engine that nobody knows are nobody’s', () => {
  const driver = new Driver();
  driver.up('own', 1);
  const requests = { remaining: 0, resetsInMs: 5_000 };
  expect(driver.tell({ kind: 'engine-limits', engine: 'gone', requests })).toEqual([]);
  driver.tell({ kind: 'engine-limits', engine: 'own', requests });
  expect(driver.submit('s1', 'standard')).toEqual(['start s1 on own']);
});

test('a ticket that is bounced too often leaves its rung', () => {
  const driver = new Driver({ limits: { bouncesMax: 2 } });
  driver.up('own', 1, { tiers: ['flex'] });
  driver.lane('lane', ['standard']);
  driver.submit('holder', 'flex');
  const ladder = [
    { tier: 'standard', patienceMs: 60_000, why: 'asked' },
    { tier: 'flex', patienceMs: 60_000, why: 'spill' },
  ] as const;
  driver.submit('s1', 'standard');
  for (let bounce = 0; bounce < 2; bounce += 1) {
    expect(driver.stopped('s1', 'bounced', 0, 1_000)).toEqual([]);
    expect(driver.wait(1_000)).toEqual(['start s1 on lane again']);
  }
  expect(driver.stopped('s1', 'bounced', 0, 1_000)).toEqual(['refuse s1 at standard: contended']);
  driver.submit('t', 'standard', { ladder });
  driver.wait(1_000);
  for (let bounce = 0; bounce < 2; bounce += 1) {
    driver.stopped('t', 'bounced', 0, 1_000);
    driver.wait(1_000);
  }
  expect(driver.stopped('t', 'bounced', 0, 1_000)).toEqual(['move t to flex (spill)']);
  expect(driver.finish('holder')).toEqual(['start t on own again']);
});

test('a lane is sent what it bounced a few times a minute, and for a share of what succeeds; others pass', () => {
  const limits = { retriesPerMinuteMin: 2, retryShareOfSuccesses: 0.5, bouncesMax: 100 };
  const driver = new Driver({ limits });
  driver.lane('lane', ['standard']);
  for (const id of ['a', 'b', 'c']) driver.submit(id, 'standard', { patienceMs: 600_000 });
  const bounced = ['a', 'b', 'c'].flatMap((id) => driver.stopped(id, 'bounced', 0, 0));
  expect(bounced).toEqual(['start a on lane again']);
  expect(driver.finish('a')).toEqual(['start b on lane again']);
  // The successes of `a` and `b` are another one.
  expect(driver.finish('b')).toEqual(['start c on lane again']);
  expect(driver.stopped('c', 'bounced', 0, 0)).toEqual([]);
  expect(driver.submit('new', 'standard')).toEqual(['start new on lane']);
  expect(driver.finish('new')).toEqual([]);
  expect(driver.wait(14_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start c on lane again']);
});

test('own engines take what was bounced as ever', () => {
  const driver = new Driver({ limits: { retriesPerMinuteMin: 1 } });
  driver.up('own', 9);
  driver.lane('lane', ['standard'], { place: { rank: 1 } });
  for (const id of names('s', 5)) driver.submit(id, 'standard');
  for (const id of names('s', 5)) driver.stopped(id, 'bounced', 0, 100);
  expect(driver.wait(100)).toHaveLength(5 - 1);
});
