import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shadowCapacity } from '../capacity/default-capacity.ts';
import { DEFAULT_SCHEDULER_LIMITS } from './scheduler-limits.ts';
import { Driver, lines } from './testing/driver.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const { urgentMsMax, flexBetweenBatchMax } = DEFAULT_SCHEDULER_LIMITS;

const FAR = { patienceMs: 24 * HOUR_MS };

function named(id: string): string {
  return id.split(' ')[1]!;
}

/** One slot that answers one request a second: 100 ms to the first token and 100 ms for each of nine more, of ten at most. */
function steady(options: ConstructorParameters<typeof Driver>[0] = {}): Driver {
  const driver = new Driver(options);
  driver.up('e', 1);
  driver.submit('0', 'standard');
  for (let index = 1; index <= 30; index += 1) {
    driver.submit(String(index), 'standard');
    driver.at += 100;
    driver.tell({ kind: 'first-token', id: String(index - 1) });
    driver.at += 900;
    driver.finish(String(index - 1), 10);
  }
  return driver;
}

describe('order', () => {
  test('inside a project whoever must start first to be done in time is first, not whoever must be done first', () => {
    const driver = steady();
    driver.submit('short', 'batch', { ...FAR, deadlineAt: driver.at + HOUR_MS, outputTokensMax: 10 });
    // 3,600 tokens take six minutes: its latest start is a minute earlier.
    driver.submit('long', 'batch', { ...FAR, deadlineAt: driver.at + HOUR_MS + 5 * MINUTE_MS, outputTokensMax: 3_600 });
    expect(driver.finish('30')).toEqual(['start long on e']);
    expect(driver.finish('long')).toEqual(['start short on e']);
  });

  test('what a ticket has already done leaves it more time', () => {
    const driver = steady();
    driver.finish('30');
    const hours = (count: number): number => driver.at + count * HOUR_MS;
    driver.submit('begun', 'batch', { ...FAR, deadlineAt: hours(2), outputTokensMax: 36_000 });
    driver.progress('begun', 30_000);
    driver.submit('s', 'standard');
    // An hour to run, and ten minutes of it left; the other has an hour less time and needs nothing.
    driver.submit('fresh', 'batch', { ...FAR, deadlineAt: hours(1.5), outputTokensMax: 10 });
    expect(driver.stopped('begun', 'evicted', 30_000)).toEqual(['start s on e']);
    expect(driver.finish('s')).toEqual(['start fresh on e']);
    expect(driver.finish('fresh')).toEqual(['start begun on e again']);
  });

  test('it is the order of deadline less run time, whatever comes', () => {
    const ticket = fc.record({
      minutes: fc.integer({ min: 60, max: 600 }),
      tokens: fc.integer({ min: 1, max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(ticket, { minLength: 1, maxLength: 30 }), (tickets) => {
        const driver = steady({ limits: { urgentMsMax: 0 } });
        const { runMs } = driver.scheduler.estimate('m', 'batch', 'p', driver.at)!;
        const latestStarts = new Map<string, number>();
        tickets.forEach(({ minutes, tokens }, index) => {
          const deadlineAt = driver.at + minutes * MINUTE_MS;
          latestStarts.set(`b${String(index)}`, deadlineAt - runMs(tokens));
          driver.submit(`b${String(index)}`, 'batch', { ...FAR, deadlineAt, outputTokensMax: tokens });
        });
        const waiting = driver.scheduler.depth('m', 'batch');
        const order: string[] = [];
        for (let running = '30'; order.length < waiting; running = order.at(-1)!) {
          order.push(named(driver.finish(running, 10)[0]!));
        }
        const starts = order.map((id) => latestStarts.get(id)!);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

describe('urgency', () => {
  test('batch goes before flex once it can wait no longer, and never before standard', () => {
    const driver = new Driver();
    driver.up('e', 1);
    driver.submit('busy', 'standard');
    driver.submit('b', 'batch', { ...FAR, deadlineAt: driver.at + 10 * HOUR_MS });
    driver.submit('f1', 'flex', FAR);
    driver.submit('f2', 'flex', FAR);
    driver.submit('s', 'standard', FAR);
    driver.wait(10 * HOUR_MS - urgentMsMax - 2_000);
    expect(driver.finish('busy')).toEqual(['start s on e']);
    expect(driver.finish('s')).toEqual(['start f1 on e']);
    driver.submit('s2', 'standard', FAR);
    driver.wait(2_000);
    driver.stopped('f1', 'evicted', 0);
    expect(driver.finish('s2')).toEqual(['start b on e']);
    expect(driver.finish('b')).toEqual(['start f1 on e again']);
  });

  test('the horizon of a short window is a share of it: nobody goes before flex by giving little time', () => {
    const driver = new Driver();
    driver.up('e', 1);
    driver.submit('busy', 'standard');
    driver.submit('b', 'batch', { ...FAR, deadlineAt: driver.at + 8 * MINUTE_MS });
    driver.submit('f', 'flex', FAR);
    driver.wait(5 * MINUTE_MS);
    expect(driver.finish('busy')).toEqual(['start f on e']);
    driver.submit('f2', 'flex', FAR);
    driver.wait(MINUTE_MS);
    expect(driver.finish('f')).toEqual(['start b on e']);
  });

  test('those before a ticket take time of it as well', () => {
    const driver = steady();
    const deadlineAt = driver.at + 10 * HOUR_MS;
    // At one a second the last of an hour's work must begin an hour earlier.
    for (let index = 0; index < 3_600; index += 1) {
      driver.submit(`b${String(index)}`, 'batch', { ...FAR, deadlineAt });
    }
    for (let index = 0; index < 3; index += 1) {
      driver.submit(`f${String(index)}`, 'flex', FAR);
    }
    // The rate at which slots come free stays as it was seen; the last ticket of the hour is urgent, and the first is not.
    driver.at += 1_000;
    const limits = { first: 9.5 * HOUR_MS, last: 8.5 * HOUR_MS };
    expect(driver.scheduler.wakeAt()! - (deadlineAt - 10 * HOUR_MS)).toBeGreaterThan(limits.last - 5 * MINUTE_MS);
    expect(driver.scheduler.wakeAt()! - (deadlineAt - 10 * HOUR_MS)).toBeLessThan(limits.last + 5 * MINUTE_MS);
  });

  test('urgent batch is evicted after flex', () => {
    const driver = new Driver();
    driver.up('e', 2);
    driver.submit('busy', 'standard');
    driver.submit('busy2', 'standard');
    driver.submit('b', 'batch', { ...FAR, deadlineAt: driver.at + HOUR_MS });
    driver.submit('f', 'flex', FAR);
    driver.wait(50 * MINUTE_MS);
    expect(driver.finish('busy')).toEqual(['start b on e']);
    expect(driver.finish('busy2')).toEqual(['start f on e']);
    driver.progress('f', 500);
    expect(driver.submit('s', 'standard')).toEqual(['evict f from e']);
  });
});

describe('feasibility', () => {
  test('batch that cannot be done in time behind what waits is refused at once, with the time until it could be', () => {
    const driver = steady();
    for (let index = 0; index < 100; index += 1) {
      driver.submit(`b${String(index)}`, 'batch', { ...FAR, deadlineAt: driver.at + HOUR_MS });
    }
    const late = { ...FAR, deadlineAt: driver.at + 2 * HOUR_MS };
    expect(driver.submit('fits', 'batch', late)).toEqual([]);
    for (let index = 0; index < 9; index += 1) {
      driver.submit(`s${String(index)}`, 'standard', FAR);
    }
    const [refusal] = driver.tell({
      kind: 'submit',
      ticket: {
        id: 'tight',
        project: 'q',
        model: 'm',
        ladder: [{ tier: 'batch', patienceMs: HOUR_MS, why: 'asked' }],
        inputTokens: 10,
        outputTokensMax: 10,
        deadlineAt: driver.at + 6_000,
        continuation: 'continue',
        bytes: 1,
      },
    });
    expect(refusal).toMatchObject({ kind: 'refuse', reason: 'infeasible', waitedMs: 0 });
    // Its project is one of two that take turns: it waits for nine, one of the other's, and its own slot, and runs a second.
    expect(refusal?.kind === 'refuse' ? refusal.retryAfterMs / 1_000 : 0).toBeCloseTo(6, 0);
  });

  test('a long queue with more time does not stand before who has less', () => {
    const driver = steady();
    for (let index = 0; index < 3_000; index += 1) {
      driver.submit(`b${String(index)}`, 'batch', { ...FAR, deadlineAt: driver.at + 24 * HOUR_MS });
    }
    expect(driver.submit('tight', 'batch', { ...FAR, deadlineAt: driver.at + 10 * MINUTE_MS })).toEqual([]);
    expect(driver.submit('late', 'batch', { ...FAR, deadlineAt: driver.at + 40 * MINUTE_MS })).toEqual([]);
    expect(driver.finish('30')).toEqual(['start tight on e']);
  });

  test('an answer that alone takes longer than its window is refused, with the longest hint', () => {
    const driver = steady();
    driver.finish('30');
    const more = { ...FAR, deadlineAt: driver.at + MINUTE_MS };
    expect(driver.submit('quick', 'batch', { ...more, outputTokensMax: 500 })).toEqual(['start quick on e']);
    expect(driver.submit('slow', 'batch', { ...more, outputTokensMax: 700 })).toEqual([
      'refuse slow at batch: infeasible',
    ]);
  });

  test('where nothing is known, everything is feasible but a deadline that is over', () => {
    const driver = new Driver();
    driver.up('e', 1);
    driver.submit('busy', 'standard');
    expect(driver.submit('b', 'batch', { deadlineAt: driver.at + 1, outputTokensMax: 100_000 })).toEqual([]);
    expect(driver.submit('over', 'batch', { deadlineAt: driver.at })).toEqual(['refuse over at batch: infeasible']);
  });

  test('infeasible batch falls back where its ladder says so', () => {
    const driver = steady();
    driver.finish('30');
    const ladder = [
      { tier: 'batch', patienceMs: HOUR_MS, why: 'asked' },
      { tier: 'standard', patienceMs: MINUTE_MS, why: 'fallback' },
    ] as const;
    expect(driver.submit('b', 'batch', { ladder, deadlineAt: driver.at + 10, outputTokensMax: 10 })).toEqual([
      'move b to standard (fallback)',
      'start b on e',
    ]);
  });

  test('an idle engine starts whatever it can do in time, whatever it did before', () => {
    const run = fc.record({
      tier: fc.constantFrom('standard' as const, 'flex' as const, 'batch' as const),
      tokens: fc.integer({ min: 1, max: 400 }),
      ms: fc.integer({ min: 1, max: 5_000 }),
      gapMs: fc.integer({ min: 0, max: 200_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(run, { maxLength: 40 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 100_000 }),
        (runs, tokens, windowMs) => {
          const driver = new Driver();
          driver.up('e', 2);
          runs.forEach(({ tier, tokens: answer, ms, gapMs }, index) => {
            driver.at += gapMs;
            driver.submit(`r${String(index)}`, tier, { ...FAR, outputTokensMax: 400, deadlineAt: Infinity });
            driver.at += ms;
            driver.finish(`r${String(index)}`, answer);
          });
          const estimate = driver.scheduler.estimate('m', 'batch', 'p', driver.at);
          const inTime = estimate === null || estimate.runMs(tokens) <= windowMs;
          const said = driver.submit('b', 'batch', {
            ...FAR,
            outputTokensMax: tokens,
            deadlineAt: driver.at + windowMs,
          });
          if (inTime) expect(said).toEqual(['start b on e']);
          else expect(['start b on e', 'refuse b at batch: infeasible']).toContain(said[0]);
        },
      ),
    );
  });

  test('an engine that only reads a prompt does not make anybody who comes wait for slots that came free long ago', () => {
    const driver = new Driver({ capacity: shadowCapacity() });
    driver.up('e', 8);
    for (let index = 0; index < 30; index += 1) {
      driver.submit(String(index), 'standard');
      driver.at += 100;
      driver.tell({ kind: 'first-token', id: String(index) });
      driver.finish(String(index));
    }
    driver.at += HOUR_MS;
    driver.submit('reads', 'standard');
    expect(driver.submit('b', 'batch', { ...FAR, deadlineAt: driver.at + MINUTE_MS })).toEqual([]);
    expect(driver.submit('f', 'flex', { patienceMs: 1_000 })).toEqual([]);
    expect(lines(driver.tell({ kind: 'first-token', id: 'reads' }))).toContain('start f on e');
  });
});

test('batch whose deadline passes while it waits leaves the queue, whether or not it ran', () => {
  const driver = new Driver();
  driver.up('e', 1);
  driver.submit('ran', 'batch', { ...FAR, deadlineAt: driver.at + HOUR_MS });
  driver.progress('ran', 5);
  driver.submit('s', 'standard');
  driver.stopped('ran', 'evicted', 5);
  driver.submit('waits', 'batch', { ...FAR, deadlineAt: driver.at + 2 * HOUR_MS });
  expect(driver.wait(HOUR_MS - 1)).toEqual([]);
  expect(driver.wait(1)).toEqual(['refuse ran at batch: expired']);
  expect(driver.wait(HOUR_MS)).toEqual(['refuse waits at batch: expired']);
});

describe('the floor', () => {
  test('while flex is endless, every twentieth start is of batch', () => {
    const driver = new Driver();
    driver.up('e', 1);
    driver.submit('f0', 'flex', FAR);
    for (let index = 0; index < 3; index += 1) {
      driver.submit(`b${String(index)}`, 'batch', { ...FAR, deadlineAt: Infinity });
    }
    const order: string[] = [];
    let running = 'f0';
    for (let index = 1; index <= 3 * (flexBetweenBatchMax + 1) + 5; index += 1) {
      driver.submit(`f${String(index)}`, 'flex', FAR);
      running = named(driver.finish(running)[0]!);
      order.push(running);
    }
    const places = order.flatMap((id, index) => (id.startsWith('b') ? [index] : []));
    expect(places.map((place, nth) => place - (places[nth - 1] ?? -2))).toEqual([20, 20, 20]);
  });

  test('interactive tickets are never behind it', () => {
    const driver = new Driver({ limits: { flexBetweenBatchMax: 0 } });
    driver.up('e', 1);
    driver.submit('busy', 'standard');
    driver.submit('b', 'batch', { ...FAR, deadlineAt: Infinity });
    driver.submit('f', 'flex', FAR);
    driver.submit('s', 'standard');
    expect(driver.finish('busy')).toEqual(['start s on e']);
    expect(driver.finish('s')).toEqual(['start b on e']);
  });

  test('holds on every engine, for each model and project that has batch waiting', () => {
    const setting = fc.record({
      engines: fc.integer({ min: 1, max: 3 }),
      slots: fc.integer({ min: 1, max: 3 }),
      between: fc.integer({ min: 0, max: 6 }),
      picks: fc.array(fc.nat(), { minLength: 100, maxLength: 200 }),
    });
    fc.assert(
      fc.property(setting, ({ engines, slots, between, picks }) => {
        const driver = new Driver({ limits: { flexBetweenBatchMax: between } });
        const models = ['m', 'n'];
        for (let index = 0; index < engines; index += 1) {
          driver.up(`e${String(index)}`, slots, { models });
        }
        const running = new Map<string, string>();
        const sinceBatch = new Map<string, number>();
        let made = 0;
        const take = (said: readonly string[]): void => {
          for (const line of said) {
            const [, id, , engine] = line.split(' ') as [string, string, string, string];
            running.set(id, engine);
            const since = id.startsWith('b') ? 0 : (sinceBatch.get(engine) ?? 0) + 1;
            sinceBatch.set(engine, since);
            if (driver.scheduler.depths().some(({ tier, tickets }) => tier === 'batch' && tickets > 0)) {
              expect(since).toBeLessThanOrEqual(between);
            }
          }
        };
        const submit = (tier: 'flex' | 'batch', pick: number): void => {
          made += 1;
          const more = { ...FAR, deadlineAt: Infinity, model: models[pick % 2]!, project: String(pick % 3) };
          take(driver.submit(`${tier[0]!}${String(made)}`, tier, more));
        };
        // Flex waits before batch does, so that nothing is owed when it comes.
        for (let index = 0; index < engines * slots + 4; index += 1) submit('flex', index);
        sinceBatch.clear();
        for (const pick of picks) {
          submit('flex', pick);
          if (pick % 5 === 0) submit('batch', Math.floor(pick / 5));
          const ids = [...running.keys()];
          const id = ids[pick % ids.length]!;
          running.delete(id);
          driver.at += 10;
          take(driver.finish(id));
        }
      }),
      { numRuns: 60 },
    );
  });
});
