import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSimEngine, type Fault, type SimEngine, type SimEngineOptions } from '@offpeak/engine';
import { afterEach, describe, expect, test } from 'vitest';
import type { LabReport } from '../report.ts';
import type { LabRequest, Workload } from '../workload/workload.ts';
import type { ReplayOptions, ReplayProgress } from './options.ts';
import { ReplayProblem } from './problem.ts';
import { replay } from './replay.ts';

const SPEED = 20;

const engines: SimEngine[] = [];
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function startEngine(options: SimEngineOptions = {}): Promise<SimEngine> {
  const engine = await startSimEngine({ speed: SPEED, ...options });
  engines.push(engine);
  return engine;
}

/** Evenly spaced. */
function workload(count: number, everyMs: number, request: Partial<LabRequest> = {}): Workload {
  const requests = Array.from({ length: count }, (_, index) => ({
    atMs: index * everyMs,
    inputTokens: 100,
    outputTokens: 20,
    ...request,
  }));
  return { title: 'test', source: 'test', requests, durationMs: (count - 1) * everyMs };
}

function run(
  engine: { readonly url: string },
  load: Workload,
  options: Partial<ReplayOptions> = {},
): Promise<LabReport> {
  return replay({
    baseUrl: `${engine.url}/v1`,
    workload: load,
    flex: null,
    slo: { ttftMs: 500, tpotMs: 50 },
    seed: 1,
    exactLengths: true,
    ...options,
  });
}

describe('a replay over HTTP', () => {
  test('sends every request at its time and tells how it went', async () => {
    const engine = await startEngine();
    const report = await run(engine, workload(40, 10));
    expect(report).toMatchObject({
      simulated: false,
      profile: `sim-8b at ${engine.url}/v1`,
      harvest: { h1: null, h2: null, oracleShare: null },
      alone: {},
      evictions: null,
      flexTokensLostShare: null,
      tiers: { standard: { requests: 40, completed: 40, refused: 0, failed: 0, outputTokens: 800, sloAttainment: 1 } },
      replay: { model: 'sim-8b', interrupted: false, notSent: 0 },
    });
    expect(engine.stats()).toMatchObject({ receivedRequests: 40, generatedTokens: 800 });
    const { standard } = report.tiers;
    // The engine counts the begin mark and the words around a message too.
    expect(standard!.inputTokens / 40).toBeGreaterThanOrEqual(100);
    expect(standard!.inputTokens / 40).toBeLessThan(120);
    // A step of the engine takes 8 ms and more of its time.
    expect(standard!.tpotMs!.p50).toBeGreaterThan(8 / SPEED / 2);
    expect(report.replay!.tiers.standard).toMatchObject({ served: { unsaid: 40 }, refusals: {}, failures: {} });
    expect(report.series!.tiers.standard!.ttftP50Ms.some((value) => value !== null)).toBe(true);
  });

  test('does not wait for answers: arrivals go on while the server is silent', async () => {
    const engine = await startEngine();
    engine.faults.inject({ kind: 'slow-first-token', delayMs: 600 }, 10);
    const report = await run(engine, workload(10, 20));
    expect(report.replay!.inFlightPeak).toBe(10);
    expect(report.tiers.standard!.ttftMs!.p50).toBeGreaterThan(590);
  });

  test.each<[string, Fault, object]>([
    ['429', { kind: 'refuse', status: 429 }, { refusals: { 429: 3 }, failures: {} }],
    ['503', { kind: 'refuse', status: 503 }, { refusals: { 503: 3 }, failures: {} }],
    ['400', { kind: 'refuse', status: 400 }, { refusals: {}, failures: { 400: 3 } }],
    ['garbage', { kind: 'garbage' }, { refusals: {}, failures: { 'the stream broke off': 3 } }],
    ['a cut socket', { kind: 'die', afterTokens: 2 }, { failures: { UND_ERR_SOCKET: 3 } }],
    ['a stream without an end', { kind: 'truncate', afterTokens: 2 }, { failures: { 'the stream broke off': 3 } }],
    ['an error in the stream', { kind: 'error-event', afterTokens: 2 }, { refusals: {} }],
    ['silence', { kind: 'stall', afterTokens: 2 }, { failures: { 'no end within 700 ms': 3 } }],
  ])('counts %s and tries nothing again', async (_name, fault, facts) => {
    const engine = await startEngine();
    engine.faults.inject(fault, 3);
    const report = await run(engine, workload(6, 20), { limits: { requestMsMax: 700 } });
    const { standard } = report.tiers;
    expect(standard).toMatchObject({ requests: 6, completed: 3, sloAttainment: 0.5 });
    expect(standard!.refused + standard!.failed).toBe(3);
    expect(report.replay!.tiers.standard).toMatchObject(facts);
    expect(engine.stats().receivedRequests).toBe(6);
  });

  test('waits for stragglers only so long', async () => {
    const engine = await startEngine();
    engine.faults.inject({ kind: 'hang' }, 2);
    const report = await run(engine, workload(4, 20), { limits: { drainMsMax: 300 } });
    expect(report.replay!.tiers.standard!.failures).toEqual({ 'no end within 300 ms after the last request': 2 });
  });

  test('says so when it could not send all there was to send', async () => {
    const engine = await startEngine();
    engine.faults.inject({ kind: 'slow-first-token', delayMs: 400 }, 10);
    const report = await run(engine, workload(10, 5), { limits: { inFlightMax: 4 } });
    expect(report.replay).toMatchObject({ notSent: 6, keptUp: false, inFlightPeak: 4 });
    expect(report.tiers.standard).toMatchObject({ requests: 4, completed: 4 });
  });

  test('says so when the machine that replays was late', async () => {
    const engine = await startEngine();
    let blocked = false;
    const report = await run(engine, workload(60, 10), {
      onProgress: () => {
        if (blocked) return;
        blocked = true;
        const until = performance.now() + 300;
        while (performance.now() < until);
      },
    });
    expect(report.replay!.latenessMs!.p99).toBeGreaterThan(100);
    expect(report.replay!.keptUp).toBe(false);
  });

  test('asks for each tier in the words of the wire', async () => {
    const words: unknown[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (request.method !== 'POST') {
          response.writeHead(404).end();
          return;
        }
        words.push((JSON.parse(Buffer.concat(parts).toString()) as { service_tier: unknown }).service_tier);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('data: {"service_tier":"default","choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const requests = (['priority', 'standard', 'flex'] as const).map((tier, index) => ({
      atMs: index * 30,
      inputTokens: 5,
      outputTokens: 5,
      tier,
    }));
    const report = await run({ url }, { title: 't', source: 't', requests, durationMs: 60 }, { model: 'm' });
    expect(words).toEqual(['priority', 'default', 'flex']);
    expect(report.replay!.tiers.flex!.served).toEqual({ standard: 1 });
    // Without usage, pieces are what there is to count, and a prompt has what was asked for.
    expect(report.tiers.flex).toMatchObject({ completed: 1, inputTokens: 5, outputTokens: 1, tpotMs: null });
  });

  test('measures what flex wins, beside the same traffic alone and flex alone', async () => {
    const engine = await startEngine();
    const phases = new Set<ReplayProgress['phase']>();
    const report = await run(engine, workload(100, 10), {
      flex: 'endless',
      flexConcurrency: 8,
      alone: true,
      ceilingMs: 600,
      onProgress: ({ phase, share }) => {
        phases.add(phase);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      },
    });
    expect([...phases]).toEqual(['ceiling', 'alone', 'together']);
    expect(report.alone).toMatchObject({ standard: { requests: 100, completed: 100 } });
    expect(Object.keys(report.alone)).toEqual(['standard']);
    expect(report.tiers.flex!.completed).toBeGreaterThan(10);
    const { h1, h2 } = report.harvest;
    expect(h1).toBeGreaterThan(0.1);
    expect(h1).toBeLessThan(1.5);
    expect(report.load).toBeGreaterThan(0.01);
    expect(report.load).toBeLessThan(0.9);
    expect(h2).toBeCloseTo(h1! / (1 - report.load!), 10);
    expect(engine.stats().runningRequests).toBe(0);
  });

  test('keeps flex coming after refusals, each after a pause', async () => {
    const engine = await startEngine();
    engine.faults.inject({ kind: 'refuse', status: 429 }, 4);
    const report = await run(
      engine,
      { ...workload(1, 1), requests: [], durationMs: 2000 },
      {
        flex: 'endless',
        flexConcurrency: 4,
        flexLengths: { title: 'short', pairs: [{ inputTokens: 10, outputTokens: 10 }] },
      },
    );
    expect(report.tiers.flex).toMatchObject({ refused: 4 });
    expect(report.tiers.flex!.completed).toBeGreaterThan(4);
  });

  test('stops on a signal with what it has', async () => {
    const engine = await startEngine();
    const stop = new AbortController();
    const report = await run(engine, workload(1000, 20), {
      flex: 'endless',
      flexConcurrency: 4,
      signal: stop.signal,
      onProgress: ({ sent }) => {
        if (sent > 20) stop.abort();
      },
    });
    expect(report.replay!.interrupted).toBe(true);
    expect(report.tiers.standard!.requests).toBeLessThan(1_000);
    expect(report.tiers.standard!.completed).toBeGreaterThan(5);
    // Cut by the replay itself, not failed.
    expect(report.tiers.standard!.failed).toBe(0);
  });

  test('stopped before its last phase, it has nothing to say of that', async () => {
    const engine = await startEngine();
    const stop = new AbortController();
    const report = await run(engine, workload(100, 20), {
      flex: 'endless',
      alone: true,
      signal: stop.signal,
      onProgress: () => {
        stop.abort();
      },
    });
    expect(report).toMatchObject({ tiers: {}, series: null, replay: { interrupted: true } });
    expect(report.alone.standard).toBeDefined();
  });

  test('shares prompts as the workload says', async () => {
    const engine = await startEngine();
    await run(engine, workload(5, 100, { inputTokens: 1100, prefix: [1, 2] }));
    const shared = engine.stats().prefixHitTokens;
    expect(shared).toBeGreaterThanOrEqual(4 * 1000);
    await run(engine, workload(5, 100, { inputTokens: 1100 }), { seed: 2 });
    expect(engine.stats().prefixHitTokens - shared).toBeLessThan(5 * 50);
  });
});

describe('a replay that cannot begin', () => {
  const refused = (options: Partial<ReplayOptions>, url = 'http://127.0.0.1:9'): Promise<LabReport> =>
    run({ url }, workload(1, 1), options);

  test.each<[string, Partial<ReplayOptions>, RegExp]>([
    ['no URL', { baseUrl: 'localhost' }, /localhost; expected one such as http:/],
    ['nobody there', {}, /127\.0\.0\.1:9\/v1 cannot be reached: ECONNREFUSED/],
    ['batch requests', { workload: workload(1, 1, { tier: 'batch' }) }, /batch requests.*expected priority/],
    [
      'more flex than may be in flight',
      { flex: 'endless', flexConcurrency: 64, limits: { inFlightMax: 64 } },
      /64 flex requests.*fewer than 64/,
    ],
  ])('%s', async (_name, options, message) => {
    await expect(refused(options)).rejects.toThrow(ReplayProblem);
    await expect(refused(options)).rejects.toThrow(message);
  });

  test('a base URL without its version', async () => {
    const engine = await startEngine();
    await expect(refused({ baseUrl: engine.url })).rejects.toThrow(/models answered 404; expected the base URL/);
  });
});
