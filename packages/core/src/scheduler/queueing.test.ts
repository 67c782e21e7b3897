import { expect, test } from 'vitest';
import type { Gate, LimitDenial } from '../limits/verdict.ts';
import type { Rung } from './ticket.ts';
import { Driver, OPEN_GATE } from './testing/driver.ts';

const PRIORITY: readonly Rung[] = [
  { tier: 'priority', patienceMs: 1_000, why: 'asked' },
  { tier: 'standard', patienceMs: 2_000, why: 'downgrade' },
];

const SPILL: readonly Rung[] = [
  { tier: 'standard', patienceMs: 1_000, why: 'asked' },
  { tier: 'flex', patienceMs: 5_000, why: 'spill' },
];

function denialAt(tier: LimitDenial['tier'], never = false): LimitDenial {
  return { kind: 'tokensPerMinute', tier, limit: 10, used: 10, requested: 20, retryAfterMs: 1_234, never };
}

function gateClosedTo(...closed: LimitDenial[]): Gate {
  return {
    ...OPEN_GATE,
    enter: (_project, _model, tier) => {
      const denial = closed.find((each) => each.tier === tier);
      return denial === undefined ? { ok: true } : { ok: false, denial };
    },
  };
}

test('tiers are served in strict order, whoever came first', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('busy', 'standard');
  driver.submit('b', 'batch');
  driver.submit('f', 'flex');
  driver.submit('s', 'standard');
  driver.submit('p', 'priority');
  expect(driver.finish('busy')).toEqual(['start p on e']);
  expect(driver.finish('p')).toEqual(['start s on e']);
  expect(driver.finish('s')).toEqual(['start f on e']);
  expect(driver.finish('f')).toEqual(['start b on e']);
});

test('inside a project the earliest deadline is first, and then whoever came first', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('busy', 'standard');
  driver.submit('late', 'standard', { deadlineAt: 900 });
  driver.submit('early', 'standard', { deadlineAt: 100 });
  driver.submit('early too', 'standard', { deadlineAt: 100 });
  expect(driver.finish('busy')).toEqual(['start early on e']);
  expect(driver.finish('early')).toEqual(['start early too on e']);
});

test('projects take turns by the tokens that they were served, and output counts twice', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('busy', 'standard', { project: 'other' });
  for (const id of ['a1', 'a2', 'a3']) {
    driver.submit(id, 'standard', { project: 'a' });
  }
  for (const id of ['b1', 'b2', 'b3']) {
    driver.submit(id, 'standard', { project: 'b' });
  }
  expect(driver.finish('busy')).toEqual(['start a1 on e']);
  // a: 10 + 2 x 30 = 70; each of b's costs 10 + 2 x 10 = 30.
  expect(driver.finish('a1', 30)).toEqual(['start b1 on e']);
  expect(driver.finish('b1', 10)).toEqual(['start b2 on e']);
  expect(driver.finish('b2', 10)).toEqual(['start b3 on e']);
  expect(driver.finish('b3', 10)).toEqual(['start a2 on e']);
});

test('a project that was idle does not catch up on what it did not use', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('a0', 'standard', { project: 'a' });
  for (let index = 1; index <= 20; index += 1) {
    driver.submit(`a${String(index)}`, 'standard', { project: 'a' });
  }
  for (let index = 0; index < 10; index += 1) {
    driver.finish(`a${String(index)}`);
  }
  for (let index = 1; index <= 5; index += 1) {
    driver.submit(`b${String(index)}`, 'standard', { project: 'b' });
  }
  const order: string[] = [];
  let running = 'a10';
  for (let index = 0; index < 6; index += 1) {
    const [line] = driver.finish(running);
    running = line!.split(' ')[1]!;
    order.push(running[0]!);
  }
  expect(order.filter((project) => project === 'a')).toHaveLength(3);
});

test('models of one engine take turns inside a tier', () => {
  const driver = new Driver();
  driver.up('e', 1, { models: ['m', 'n'] });
  driver.submit('busy', 'standard');
  driver.submit('m1', 'standard');
  driver.submit('m2', 'standard');
  driver.submit('n1', 'standard', { model: 'n' });
  driver.submit('n2', 'standard', { model: 'n' });
  expect(driver.finish('busy')).toEqual(['start n1 on e']);
  expect(driver.finish('n1')).toEqual(['start m1 on e']);
  expect(driver.finish('m1')).toEqual(['start n2 on e']);
});

test('patience over: the next rung, and then a refusal that says how long it waited', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('busy', 'standard');
  driver.submit('t', 'priority', { ladder: PRIORITY });
  expect(driver.wait(999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['move t to standard (downgrade)']);
  expect(driver.wait(1_999)).toEqual([]);
  driver.at += 1;
  expect(driver.tell({ kind: 'tick' })).toEqual([
    { kind: 'refuse', id: 't', tier: 'standard', reason: 'contended', retryAfterMs: 2_000, waitedMs: 3_000 },
  ]);
});

test('a downgraded ticket starts as standard and says why', () => {
  const driver = new Driver({ gate: gateClosedTo(denialAt('priority')) });
  driver.up('e', 1);
  const ticket = {
    id: 't',
    project: 'p',
    model: 'm',
    ladder: PRIORITY,
    inputTokens: 1,
    outputTokensMax: 1,
    deadlineAt: 0,
    continuation: 'none' as const,
    bytes: 1,
  };
  expect(driver.tell({ kind: 'submit', ticket })).toEqual([
    { kind: 'move', id: 't', from: 'priority', to: 'standard', why: 'downgrade' },
    { kind: 'start', id: 't', engine: 'e', tier: 'standard', why: 'downgrade', waitMs: 0, resume: false },
  ]);
  expect(driver.scheduler.served('t')).toEqual({
    state: 'running',
    tier: 'standard',
    why: 'downgrade',
    engine: 'e',
    evictions: 0,
  });
});

test('auto spills to flex when the standard limits are used up', () => {
  const driver = new Driver({ gate: gateClosedTo(denialAt('standard')) });
  driver.up('e', 1);
  expect(driver.submit('t', 'standard', { ladder: SPILL })).toEqual(['move t to flex (spill)', 'start t on e']);
});

test('limits on every rung refuse with the denial, and the most hopeful reason wins', () => {
  const both = new Driver({ gate: gateClosedTo(denialAt('standard'), denialAt('flex', true)) });
  both.up('e', 1);
  const ticket = { ladder: SPILL, patienceMs: 0 };
  expect(both.submit('t', 'standard', ticket)).toEqual(['move t to flex (spill)', 'refuse t at flex: limited']);

  const first = new Driver({ gate: gateClosedTo(denialAt('standard')) });
  first.up('e', 1);
  first.submit('busy', 'priority');
  first.submit('t', 'standard', { ladder: SPILL });
  expect(first.wait(5_000)).toEqual(['refuse t at flex: contended']);

  const never = new Driver({ gate: gateClosedTo(denialAt('flex', true)) });
  expect(never.submit('t', 'flex')).toEqual(['refuse t at flex: too-large']);
});

test('no engine up: whoever has patience waits for one, and the refusal says so', () => {
  const driver = new Driver();
  expect(driver.submit('now', 'standard', { patienceMs: 0 })).toEqual(['refuse now at standard: no-capacity']);
  driver.submit('soon', 'standard', { patienceMs: 100 });
  driver.submit('later', 'standard', { patienceMs: 500 });
  expect(driver.wait(100)).toEqual(['refuse soon at standard: no-capacity']);
  expect(driver.up('e', 1)).toEqual(['start later on e']);
});

test('a ticket that fits no engine is refused at once; one that fits a larger engine waits for that one only', () => {
  const driver = new Driver();
  driver.up('small', 4, { kvTokens: 100 });
  driver.up('large', 1, { kvTokens: 1_000 });
  expect(driver.submit('huge', 'flex', { inputTokens: 2_000 })).toEqual(['refuse huge at flex: too-large']);
  expect(driver.submit('first', 'standard', { inputTokens: 500 })).toEqual(['start first on large']);
  expect(driver.submit('second', 'standard', { inputTokens: 500 })).toEqual([]);
  expect(driver.submit('little', 'standard')).toEqual(['start little on small']);
  expect(driver.finish('first')).toEqual(['start second on large']);
});

test('tickets that may use one engine only do not stand in the way of others', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.up('f', 1);
  driver.submit('busy', 'standard', { engines: ['e'] });
  expect(driver.submit('pinned', 'standard', { engines: ['e'], deadlineAt: 0 })).toEqual([]);
  expect(driver.submit('free', 'standard')).toEqual(['start free on f']);
  expect(driver.finish('free')).toEqual([]);
  expect(driver.finish('busy')).toEqual(['start pinned on e']);
});

test('a ticket that waits for KV is not overtaken by a smaller one behind it', () => {
  const driver = new Driver();
  driver.up('e', 8, { kvTokens: 100 });
  driver.submit('busy', 'standard', { inputTokens: 50 });
  expect(driver.submit('large', 'standard', { inputTokens: 80 })).toEqual([]);
  expect(driver.submit('little', 'standard')).toEqual([]);
  expect(driver.finish('busy')).toEqual(['start large on e']);
  expect(driver.tell({ kind: 'cancel', id: 'large' })).toMatchObject([{ kind: 'start', id: 'little' }]);
});

test('a full queue refuses, unless a lower tier can make room: its newest ticket goes', () => {
  const driver = new Driver({ limits: { queueTicketsMax: 2 } });
  driver.up('e', 1);
  driver.submit('busy', 'priority');
  driver.submit('f1', 'flex');
  driver.submit('f2', 'flex');
  expect(driver.submit('f3', 'flex')).toEqual(['refuse f3 at flex: queue-full']);
  expect(driver.submit('s1', 'standard')).toEqual(['refuse f2 at flex: queue-full']);
  expect(driver.submit('s2', 'standard')).toEqual(['refuse f1 at flex: queue-full']);
  expect(driver.submit('s3', 'standard')).toEqual(['refuse s3 at standard: queue-full']);
  expect(driver.scheduler.depths().filter(({ tickets }) => tickets > 0)).toEqual([
    { model: 'm', tier: 'standard', tickets: 2 },
  ]);
});

test('waiting bodies are bounded in bytes', () => {
  const driver = new Driver({ limits: { queueBytesMax: 250 } });
  driver.up('e', 1);
  driver.submit('busy', 'priority');
  driver.submit('f1', 'flex');
  expect(driver.submit('f2', 'flex', { bytes: 200 })).toEqual(['refuse f2 at flex: queue-full']);
  expect(driver.submit('s1', 'standard', { bytes: 200 })).toEqual(['refuse f1 at flex: queue-full']);
  expect(driver.scheduler.queuedBytes).toBe(200);
});

test('what a driver must not say is an error', () => {
  const driver = new Driver();
  driver.submit('t', 'flex');
  expect(() => driver.submit('t', 'flex')).toThrow('submitted twice');
  expect(() => driver.submit('u', 'flex', { ladder: [] })).toThrow('empty ladder');
  expect(() => driver.submit('v', 'flex', { inputTokens: Number.NaN })).toThrow('not numbers');
});
