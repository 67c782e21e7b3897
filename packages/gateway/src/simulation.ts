import { startSimEngine, type SimEngine } from '@offpeak/engine';
import type { UpstreamConfig } from './config/config.ts';
import type { OwnEngine } from './own-engine.ts';

/** Its name in `offpeak-upstream`, so that nobody takes its answers for a model's. */
export const SIMULATED_UPSTREAM = 'simulated';

/** The simulated engine that stands in while no upstream is configured, so that a fresh start has something to talk to. */
export class Simulation implements OwnEngine {
  readonly #speed: number;
  #engine: SimEngine | null = null;

  constructor(speed: number) {
    this.#speed = speed;
  }

  get simulates(): boolean {
    return this.#engine !== null;
  }

  /** The configured ones, or the simulated engine alone. */
  async upstreams(configured: readonly UpstreamConfig[]): Promise<readonly UpstreamConfig[]> {
    if (configured.length > 0) {
      await this.stop();
      return configured;
    }
    this.#engine ??= await startSimEngine({ speed: this.#speed });
    return [
      {
        name: SIMULATED_UPSTREAM,
        kind: 'engine',
        engine: 'vllm',
        url: this.#engine.url,
        models: 'auto',
        capacity: { slots: 'auto' },
        apiKey: undefined,
        headers: {},
        enginePriority: true,
      },
    ];
  }

  async stop(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.close();
  }
}
