import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineLoop, blockTokens } from '../loop/engine-loop.ts';
import { PROFILES } from '../model/profiles.ts';
import { FaultPlan } from './faults.ts';
import { EngineMetrics } from './metrics.ts';
import type { SimEngine, SimEngineOptions } from './options.ts';
import { RealTimeDriver } from './real-time-driver.ts';
import { Router } from './router.ts';

/** vLLM's default token budget of a step. */
const maxNumBatchedTokensDefault = 2048;
const maxNumSeqsDefault = 256;

/** Starts an engine that behaves like vLLM and computes nothing; its answers are made-up words. */
export async function startSimEngine(options: SimEngineOptions = {}): Promise<SimEngine> {
  const profileName = options.profile ?? 'h100-8b';
  const profile = PROFILES[profileName];
  const model = options.model ?? 'sim-8b';
  const host = options.host ?? '127.0.0.1';
  const speed = atLeast('speed', options.speed ?? 1, Number.MIN_VALUE);
  const kvTokens = atLeast('kvTokens', options.kvTokens ?? profile.kvTokens, 2 * blockTokens);
  const loop = new EngineLoop({
    costs: profile.costs,
    kvTokens,
    maxNumSeqs: atLeast('maxNumSeqs', options.maxNumSeqs ?? maxNumSeqsDefault, 1),
    maxNumBatchedTokens: atLeast('maxNumBatchedTokens', options.maxNumBatchedTokens ?? maxNumBatchedTokensDefault, 1),
    longPrefillTokenThreshold: atLeast('longPrefillTokenThreshold', options.longPrefillTokenThreshold ?? Infinity, 1),
    prefixCache: true,
  });
  const driver = new RealTimeDriver(loop, { nowMs: () => performance.now() }, speed);
  const metrics = new EngineMetrics(loop, model);
  const faults = options.faults ?? new FaultPlan();
  const router = new Router({
    model,
    profile: profileName,
    contextTokensMax: Math.min(profile.contextTokensMax, loop.kvBlocks * blockTokens),
    apiKey: options.apiKey,
    loop,
    driver,
    metrics,
    faults,
    startedS: Math.floor(Date.now() / 1000),
  });
  const server = createServer((request, response) => void router.serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    faults,
    stats: () => ({
      runningRequests: loop.runningRequests,
      waitingRequests: loop.waitingRequests,
      kvBlocks: loop.kvBlocks,
      freeBlocks: loop.freeBlocks,
      promptTokens: metrics.promptTokens,
      generatedTokens: metrics.generationTokens,
      prefixHitTokens: loop.counters.prefixHitTokens,
      preemptions: loop.counters.preemptions,
      finishedRequests: metrics.finished.stop + metrics.finished.length,
      abortedRequests: metrics.finished.abort,
      receivedRequests: router.receivedRequests,
      lagMs: driver.lagMs(),
    }),
    close: () =>
      new Promise((resolve) => {
        driver.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function atLeast(name: string, value: number, min: number): number {
  if (value >= min) return value;
  throw new RangeError(`${name} must be at least ${min}, got ${value}`);
}
