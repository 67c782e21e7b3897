import { FaultPlan } from '../../server/faults.ts';
import { listen } from '../../server/listen.ts';
import { EngineMetrics } from '../../server/metrics.ts';
import { EngineLoop, blockTokens } from '../loop/engine-loop.ts';
import { PROFILES } from '../model/profiles.ts';
import type { SimEngine, SimEngineOptions } from './options.ts';
import { RealTimeDriver } from './real-time-driver.ts';
import { SimBackend } from './sim-backend.ts';

/** vLLM's default token budget of a step. */
const maxNumBatchedTokensDefault = 2048;
const maxNumSeqsDefault = 256;

/** Starts an engine that behaves like vLLM and computes nothing; its answers are made-up words. */
export async function startSimEngine(options: SimEngineOptions = {}): Promise<SimEngine> {
  const profileName = options.profile ?? 'h100-8b';
  const profile = PROFILES[profileName];
  const model = options.model ?? 'sim-8b';
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
  const backend = new SimBackend(Math.min(profile.contextTokensMax, loop.kvBlocks * blockTokens), loop, driver);
  const metrics = new EngineMetrics(backend.gauges, model);
  const faults = options.faults ?? new FaultPlan();
  const version = { version: '0.1.0+offpeak.simulated', simulated: true, profile: profileName };
  const server = await listen(
    {
      description: {
        model,
        owner: 'offpeak-simulated',
        fingerprint: 'simulated-offpeak-1',
        headers: { 'x-offpeak-simulated': 'true' },
        pages: new Map([['/version', () => version]]),
        contextExceededCode: 400,
      },
      backend,
      metrics,
      apiKey: options.apiKey,
      faults,
      startedS: Math.floor(Date.now() / 1000),
    },
    options,
  );
  return {
    url: server.url,
    port: server.port,
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
      receivedRequests: server.receivedRequests,
      lagMs: driver.lagMs(),
    }),
    close: () => {
      driver.close();
      return server.close();
    },
  };
}

function atLeast(name: string, value: number, min: number): number {
  if (value >= min) return value;
  throw new RangeError(`${name} must be at least ${min}, got ${value}`);
}
