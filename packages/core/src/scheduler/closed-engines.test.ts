import { expect, test } from 'vitest';
import type { Decision } from './decisions.ts';
import { Driver, lines } from './testing/driver.ts';

const FLEX_OR_STANDARD = [
  { tier: 'flex', patienceMs: 3_000, why: 'asked' },
  { tier: 'standard', patienceMs: 3_000, why: 'fallback' },
] as const;

function hintOf(decisions: readonly Decision[]): number | undefined {
  return decisions.find((decision) => decision.kind === 'refuse')?.retryAfterMs;
}

function bounced(driver: Driver, id: string, pauseMs: number): Decision[] {
  return driver.tell({ kind: 'stopped', id, cause: 'bounced', outputTokens: 0, pauseMs });
}

test('nobody waits for a pause that is longer than its patience', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.submit('s1', 'standard', { patienceMs: 60_000 });
  driver.stopped('s1', 'bounced', 0, 20_000);
  driver.at += 5_000;
  expect(driver.submit('s2', 'standard', { patienceMs: 10_000 })).toEqual(['refuse s2 at standard: contended']);
  expect(driver.submit('s3', 'standard', { patienceMs: 15_000 })).toEqual([]);
});

test('nor does who waits already when it begins', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard'], { slots: 1 });
  driver.submit('s1', 'standard', { patienceMs: 60_000 });
  driver.submit('s2', 'standard', { patienceMs: 30_000 });
  driver.submit('s3', 'standard', { patienceMs: 10_000 });
  const decisions = bounced(driver, 's1', 20_000);
  expect(lines(decisions)).toEqual(['refuse s3 at standard: contended']);
  expect(hintOf(decisions)).toBe(20_000);
});

test('without patience a bounce is the end of the rung, with the pause as the hint', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.submit('s1', 'standard', { patienceMs: 0 });
  const decisions = bounced(driver, 's1', 7_000);
  expect(lines(decisions)).toEqual(['refuse s1 at standard: contended']);
  expect(hintOf(decisions)).toBe(7_000);
});

test('the next rung is tried at once', () => {
  const driver = new Driver();
  driver.lane('flexible', ['flex']);
  driver.lane('plain', ['standard']);
  driver.submit('t', 'flex', { ladder: FLEX_OR_STANDARD });
  expect(driver.stopped('t', 'bounced', 0, 5_000)).toEqual(['move t to standard (fallback)', 'start t on plain again']);
});

test('limits that reset too late are no better than a pause', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.tell({ kind: 'engine-limits', engine: 'lane', requests: { remaining: 0, resetsInMs: 40_000 } });
  expect(driver.submit('s1', 'standard', { patienceMs: 30_000 })).toEqual(['refuse s1 at standard: contended']);
  expect(driver.submit('s2', 'standard', { patienceMs: 50_000 })).toEqual([]);
});

test('tokens keep out those who ask for more than is left', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard']);
  driver.tell({ kind: 'engine-limits', engine: 'lane', tokens: { remaining: 100, resetsInMs: 40_000 } });
  expect(driver.submit('large', 'standard', { inputTokens: 200, patienceMs: 30_000 })).toEqual([
    'refuse large at standard: contended',
  ]);
  expect(driver.submit('small', 'standard')).toEqual(['start small on lane']);
});

test('limits that become known while tickets wait end the wait of the impatient', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard'], { slots: 1 });
  driver.submit('s1', 'standard');
  driver.submit('s2', 'standard', { patienceMs: 5_000 });
  driver.submit('s3', 'standard', { patienceMs: 9_000 });
  const told = driver.tell({ kind: 'engine-limits', engine: 'lane', requests: { remaining: 0, resetsInMs: 9_000 } });
  expect(lines(told)).toEqual(['refuse s2 at standard: contended']);
  expect(hintOf(told)).toBe(9_000);
});

test('so does the start that uses up what is left', () => {
  const driver = new Driver();
  driver.lane('lane', ['standard'], { slots: 1 });
  driver.tell({ kind: 'engine-limits', engine: 'lane', requests: { remaining: 2, resetsInMs: 9_000 } });
  driver.submit('s1', 'standard');
  driver.submit('s2', 'standard');
  driver.submit('s3', 'standard', { patienceMs: 5_000 });
  expect(driver.finish('s1')).toEqual(['start s2 on lane', 'refuse s3 at standard: contended']);
});

test('an engine that is open, of whatever rank, is worth waiting for', () => {
  const driver = new Driver();
  driver.up('own', 1, { place: { rank: 1 } });
  driver.lane('lane', ['standard']);
  driver.submit('s1', 'standard');
  driver.submit('holder', 'standard', { engines: ['own'] });
  expect(driver.stopped('s1', 'bounced', 0, 90_000)).toEqual([]);
  expect(driver.finish('holder')).toEqual(['start s1 on own again']);
  driver.submit('s2', 'standard');
  // With that one gone there is nothing to wait for.
  expect(lines(driver.tell({ kind: 'engine-down', engine: 'own' }))).toEqual(['refuse s2 at standard: contended']);
});

test('the hint is the end of the first pause, and no longer than pauses may be', () => {
  const driver = new Driver({ limits: { pauseMsMax: 500_000 } });
  driver.lane('a', ['standard']);
  driver.lane('b', ['standard']);
  driver.submit('s1', 'standard', { engines: ['a'] });
  driver.submit('s2', 'standard', { engines: ['b'] });
  expect(hintOf(bounced(driver, 's1', 400_000))).toBe(400_000);
  driver.at += 1_000;
  expect(hintOf(bounced(driver, 's2', 90_000))).toBe(90_000);
  driver.at += 1_000;
  const ticket = { id: 't', project: 'p', model: 'm', inputTokens: 1, outputTokensMax: 1, deadlineAt: 0, bytes: 1 };
  const rest = { continuation: 'none', ladder: [{ tier: 'standard', patienceMs: 0, why: 'asked' }] } as const;
  expect(hintOf(driver.tell({ kind: 'submit', ticket: { ...ticket, ...rest } }))).toBe(89_000);
});

test('who was held to an engine for its cache goes elsewhere instead', () => {
  const driver = new Driver();
  driver.up('e', 9);
  driver.up('f', 1);
  driver.submit('s1', 'standard', { engines: ['e'], enginesForCache: true, patienceMs: 1_000 });
  driver.submit('s2', 'standard', { engines: ['e'], enginesForCache: true, patienceMs: 9_000 });
  expect(driver.stopped('s1', 'bounced', 0, 5_000)).toEqual(['start s1 on f again']);
  expect(driver.stopped('s2', 'bounced', 0, 5_000)).toEqual([]);
  // One that is new, and finds that engine busy, waits for it.
  const more = { engines: ['e'], enginesForCache: true, patienceMs: 1_000 };
  expect(driver.submit('s3', 'standard', more)).toEqual([]);
  expect(driver.finish('s1')).toEqual(['start s3 on f']);
  expect(driver.wait(5_000)).toEqual(['start s2 on e again']);
});
