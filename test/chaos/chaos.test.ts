import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startSimEngine, type Fault, type SimEngine } from '@offpeak/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total } from '../e2e/books.ts';
import { upstreamLine } from '../e2e/fake-engine.ts';
import { startHouse, TEST_SPEED, until, type House } from '../e2e/harness.ts';
import { expectNothingLeaks, problemIn, untilIdle } from '../e2e/requests.ts';
import { answerOf, drawClient, playClient, type Told } from './clients.ts';
import { Dice } from './dice.ts';

/**
 * Engines that fail at random, clients that behave at random, more of both than there is room for. Whatever happens, each request
 * that was accepted ends once, is booked once, and leaves nothing behind.
 */

const CLIENTS = 160;
const ENGINES = 3;
const SEEDS = (process.env['CHAOS_SEEDS'] ?? '1,2,3').split(',').map(Number);
/** What a round may leave in the heap: caches that fill, and nothing that grows with requests. */
const HEAP_GROWTH_BYTES_MAX = 24 * 1024 * 1024;

let engines: SimEngine[];
let house: House;
beforeAll(async () => {
  engines = await Promise.all(Array.from({ length: ENGINES }, () => startSimEngine({ speed: TEST_SPEED / 5 })));
  const lines = engines.map(({ url }, index) =>
    // One of them cannot continue an answer, so what is lost of a model that it serves has to begin again.
    upstreamLine(`gpu-${index}`, url, 'capacity: { slots: 3 }', index === 0 ? 'openai' : 'vllm'),
  );
  house = await startHouse({
    upstreams: lines,
    config: `
models:
  - { name: sim-8b, price: { input: 1, cachedInput: 0.5, output: 2 } }
  - { name: chat, targets: [{ upstream: gpu-1, model: sim-8b }, { upstream: gpu-2, model: sim-8b }], price: { input: 1, output: 2 } }
tiers: { flex: { patience: 6s }, standard: { patience: 3s }, priority: { patience: 2s } }
projects: [{ name: default, limits: { standard: { requestsPerMinute: 1000000 } } }]
server:
  queueTicketsMax: 100
  slowReaderMax: 1s
  heartbeat: 100ms
  upstreamFirstByteMax: 700ms
  upstreamSilenceMax: 700ms`,
  });
});
afterAll(async () => {
  await house.close();
  await Promise.all(engines.map((engine) => engine.close()));
});

function drawFault(dice: Dice): Fault {
  const afterTokens = dice.int(0, 60);
  return dice.pick<Fault>([
    { kind: 'refuse', status: dice.pick([400, 429, 500, 503]) },
    { kind: 'hang' },
    { kind: 'garbage' },
    { kind: 'slow-first-token', delayMs: dice.int(1, 300) },
    { kind: 'die', afterTokens },
    { kind: 'die', afterTokens },
    { kind: 'truncate', afterTokens },
    { kind: 'stall', afterTokens },
    { kind: 'error-event', afterTokens },
  ]);
}

async function restart(index: number): Promise<void> {
  const { port } = engines[index]!;
  await engines[index]!.close();
  engines[index] = await startSimEngine({ speed: TEST_SPEED / 5, port });
}

async function round(dice: Dice): Promise<Told[]> {
  const running: Promise<Told>[] = [];
  for (let sent = 0; sent < CLIENTS; sent += 1) {
    running.push(playClient(house.url, drawClient(dice)));
    if (dice.chance(0.3)) dice.pick(engines).faults.inject(drawFault(dice));
    if (sent === CLIENTS / 2) await restart(dice.int(0, ENGINES - 1));
    // Bursts, with pauses in between.
    if (dice.chance(0.4)) await new Promise((resolve) => setTimeout(resolve, dice.int(1, 60)));
  }
  const told = await Promise.all(running);
  for (const engine of engines) engine.faults.clear();
  return told;
}

/** Everything that clients may be told, each status with its reason in the words of its wire. */
function checkTold(all: readonly Told[]): void {
  for (const told of all) {
    const { plan, status, text } = told;
    if (text === undefined) continue;
    expectNothingLeaks(text);
    if (plan.manner === 'garbles') expect(status).toBe(400);
    if (status === 200) continue;
    expect([400, 429, 498, 502, 503, 504]).toContain(status);
    problemIn(text, plan.mount);
  }
}

/** Greedy answers to one prompt differ in their length alone, however often they were interrupted. */
function checkTexts(all: readonly Told[]): number {
  const longest = new Map<string, string>();
  let whole = 0;
  for (const told of all) {
    const answer = answerOf(told);
    if (answer === null) continue;
    whole += 1;
    const { prompt } = told.plan;
    const known = longest.get(prompt) ?? '';
    const [long, short] = answer.text.length > known.length ? [answer.text, known] : [known, answer.text];
    expect(long.startsWith(short)).toBe(true);
    longest.set(prompt, long);
  }
  return whole;
}

async function checkLedger(all: readonly Told[]): Promise<void> {
  const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
  for (const told of all) {
    const { headers } = told;
    const requested = headers?.get('offpeak-requested-tier');
    if (requested === null || requested === undefined) continue;
    const row = rows.get(headers!.get('x-request-id')!);
    expect(row).toMatchObject({ requested_tier: requested });
    const answer = answerOf(told);
    if (answer === null) continue;
    expect(row!.outcome).toBe('completed');
    if (answer.tokens !== undefined) expect(row!.output_tokens).toBe(answer.tokens);
  }
}

const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('in a storm of faults', () => {
  const heaps: number[] = [];

  test.each(SEEDS)('every request ends once and is booked once (seed %i)', async (seed) => {
    const told = await round(new Dice(seed));
    await untilIdle({ ...house, engines });
    checkTold(told);
    // Most get their answer all the same.
    expect(checkTexts(told)).toBeGreaterThan(CLIENTS / 5);
    await checkLedger(told);
    await checkBooks(house);
    const samples = readMetrics(await house.metrics());
    expect(total(samples, 'offpeak_ledger_rows_lost_total')).toBe(0);
    await until(
      async () => total(readMetrics(await house.metrics()), 'offpeak_upstream_up') === ENGINES,
      'every engine is trusted again',
    );
    heaps.push(heapBytes());
  });

  test('nothing is left in memory of requests that are over', () => {
    expect(heaps.at(-1)! - heaps[0]!).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
  });
});
