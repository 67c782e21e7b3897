import { expect, test } from 'vitest';
import { Driver } from './testing/driver.ts';

test('an engine runs the tiers that it takes, and no others', () => {
  const driver = new Driver();
  driver.up('e', 2, { tiers: ['standard'] });
  expect(driver.submit('f1', 'flex')).toEqual(['refuse f1 at flex: no-capacity']);
  expect(driver.submit('s1', 'standard')).toEqual(['start s1 on e']);
});

test('a head that the engine does not take stands in nobody’s way there', () => {
  const driver = new Driver();
  driver.up('own', 1);
  driver.up('std', 1, { tiers: ['standard', 'flex'] });
  driver.submit('p1', 'priority');
  driver.submit('s1', 'standard');
  expect(driver.submit('p2', 'priority')).toEqual([]);
  expect(driver.submit('s2', 'standard')).toEqual([]);
  expect(driver.finish('s1')).toEqual(['start s2 on std']);
  expect(driver.finish('p1')).toEqual(['start p2 on own']);
});

test('a rung whose tier no engine takes is left at once', () => {
  const driver = new Driver();
  driver.up('e', 1, { tiers: ['standard'] });
  const ladder = [
    { tier: 'flex', patienceMs: 10_000, why: 'asked' },
    { tier: 'standard', patienceMs: 10_000, why: 'fallback' },
  ] as const;
  expect(driver.submit('t', 'flex', { ladder })).toEqual(['move t to standard (fallback)', 'start t on e']);
});

test('an engine that is down may come back: its tiers are waited for', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('std', 1, { tiers: ['standard'] });
  driver.tell({ kind: 'engine-down', engine: 'e' });
  expect(driver.submit('f1', 'flex', { patienceMs: 1_000 })).toEqual([]);
  expect(driver.wait(500)).toEqual([]);
  expect(driver.up('e', 1)).toEqual(['start f1 on e']);
});

test('without an engine of its tier that is up, patience ends as without capacity', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('std', 1, { tiers: ['standard'] });
  driver.tell({ kind: 'engine-down', engine: 'e' });
  driver.submit('f1', 'flex', { patienceMs: 1_000 });
  expect(driver.wait(1_000)).toEqual(['refuse f1 at flex: no-capacity']);
});

test('nobody is evicted where the ticket would not be taken', () => {
  const driver = new Driver();
  driver.up('cheap', 1, { tiers: ['flex', 'batch'] });
  driver.up('std', 1, { tiers: ['standard'] });
  driver.submit('f1', 'flex');
  driver.submit('s1', 'standard');
  expect(driver.submit('s2', 'standard')).toEqual([]);
  driver.up('all', 1);
  expect(driver.submit('f2', 'flex')).toEqual([]);
});

test('a ticket behind one whose tier the engine does not take gets its eviction', () => {
  const driver = new Driver();
  driver.up('quick', 1, { tiers: ['priority'] });
  driver.up('own', 1, { tiers: ['standard', 'flex'] });
  driver.submit('p1', 'priority');
  driver.submit('f1', 'flex');
  expect(driver.submit('p2', 'priority')).toEqual([]);
  expect(driver.submit('s1', 'standard')).toEqual(['evict f1 from own']);
  expect(driver.stopped('f1')).toEqual(['start s1 on own']);
});

test('a batch ticket that turned urgent is still for engines that take batch', () => {
  const driver = new Driver();
  driver.up('e', 1, { tiers: ['batch'] });
  driver.submit('b1', 'batch');
  expect(driver.submit('b2', 'batch', { deadlineAt: driver.at + 1_000 })).toEqual([]);
  expect(driver.finish('b1')).toEqual(['start b2 on e']);
});

test('what is told of the wait for a tier counts the engines that take it', () => {
  const driver = new Driver({ limits: { drainSamplesMin: 2, runSamplesMin: 2 } });
  driver.up('own', 1);
  driver.up('std', 4, { tiers: ['standard'] });
  for (let index = 0; index < 8; index += 1) {
    driver.submit(`s${String(index)}`, 'standard', { engines: ['std'] });
    driver.at += 100;
    driver.finish(`s${String(index)}`);
  }
  driver.submit('holder', 'standard', { engines: ['own'] });
  const { scheduler } = driver;
  expect(scheduler.estimate('m', 'standard', 'p', driver.at)).toMatchObject({ waitMs: 0 });
  expect(scheduler.estimate('m', 'flex', 'p', driver.at)).toBeNull();
});

test('tiers may change while the engine is up', () => {
  const driver = new Driver();
  driver.up('e', 1, { tiers: ['standard'] });
  driver.up('f', 1, { tiers: ['flex'] });
  driver.tell({ kind: 'engine-down', engine: 'f' });
  expect(driver.submit('f1', 'flex')).toEqual([]);
  expect(driver.up('e', 1)).toEqual(['start f1 on e']);
});
