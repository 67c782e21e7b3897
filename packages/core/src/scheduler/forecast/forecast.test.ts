import { expect, test } from 'vitest';
import { Driver } from '../testing/driver.ts';
import { DrainRate } from './drain-rate.ts';
import { RunTimes } from './run-times.ts';

/** One engine with one slot that finishes a ticket every second, and has done so for a while. */
function steady(): Driver {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('0', 'standard');
  for (let index = 1; index <= 30; index += 1) {
    driver.submit(String(index), 'standard');
    driver.at += 1_000;
    driver.finish(String(index - 1), 11);
  }
  return driver;
}

test('the drain rate is releases per time seen, young or old', () => {
  const drain = new DrainRate();
  for (let second = 0; second <= 10; second += 1) {
    drain.released(second * 1_000);
  }
  expect(drain.perMs(10_000) * 1_000).toBeCloseTo(1, 1);
  for (let second = 11; second <= 600; second += 1) {
    drain.released(second * 1_000);
  }
  expect(drain.perMs(600_000) * 1_000).toBeCloseTo(1, 1);
});

test('a pool that stopped draining is believed less and less', () => {
  const drain = new DrainRate();
  for (let second = 0; second <= 60; second += 1) {
    drain.released(second * 1_000);
  }
  expect(drain.perMs(180_000)).toBeLessThan(drain.perMs(60_000) / 5);
  expect(new DrainRate().perMs(5)).toBe(0);
});

test('run times know the first token from those after it', () => {
  const times = new RunTimes();
  times.finished(100, 100 + 9 * 20, 10);
  times.finished(100, 100 + 99 * 20, 100);
  expect(times.runMs(1)).toBeCloseTo(100);
  expect(times.runMs(51)).toBeCloseTo(1_100);
});

test('a wait that is predicted to outlast patience is refused at once, with a hint of how long it is', () => {
  const driver = steady();
  for (let index = 0; index < 9; index += 1) {
    driver.submit(`w${String(index)}`, 'standard');
  }
  const decisions = driver.tell({
    kind: 'submit',
    ticket: {
      id: 'hasty',
      project: 'p',
      model: 'm',
      ladder: [{ tier: 'standard', patienceMs: 5_000, why: 'asked' }],
      inputTokens: 10,
      outputTokensMax: 10,
      deadlineAt: 0,
      continuation: 'continue',
      bytes: 1,
    },
  });
  expect(decisions).toMatchObject([{ kind: 'refuse', reason: 'contended', waitedMs: 0 }]);
  const [refusal] = decisions;
  expect(refusal?.kind === 'refuse' ? refusal.retryAfterMs / 1_000 : 0).toBeCloseTo(11, 0);
  expect(driver.submit('patient', 'standard', { patienceMs: 20_000 })).toEqual([]);
});

test("another project's long queue does not count in full: turns are fair", () => {
  const driver = steady();
  for (let index = 0; index < 40; index += 1) {
    driver.submit(`w${String(index)}`, 'standard', { patienceMs: 600_000 });
  }
  expect(driver.submit('same', 'standard', { patienceMs: 5_000 })).toEqual(['refuse same at standard: contended']);
  expect(driver.submit('other', 'standard', { project: 'q', patienceMs: 5_000 })).toEqual([]);
});

test('interactive tickets do not count slots that give way to them', () => {
  const driver = steady();
  driver.finish('30');
  driver.submit('f', 'flex');
  expect(driver.submit('s', 'standard', { patienceMs: 100 })).toEqual(['evict f from e']);
});

test('an estimate: no wait where a slot is free, and the time that answers take', () => {
  const driver = steady();
  const busy = driver.scheduler.estimate('m', 'standard', 'p', driver.at)!;
  expect(busy.waitMs / 1_000).toBeCloseTo(1, 0);
  driver.finish('30');
  const free = driver.scheduler.estimate('m', 'standard', 'p', driver.at)!;
  expect(free.waitMs).toBe(0);
  expect(free.runMs(11)).toBeGreaterThan(0);
  expect(new Driver().scheduler.estimate('m', 'standard', 'p', 0)).toBeNull();
});
