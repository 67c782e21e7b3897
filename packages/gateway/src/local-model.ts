import { startLlamaEngine, type LlamaEngine, type LlamaEngineOptions } from '@offpeak/engine';
import type { UpstreamConfig } from './config/config.ts';
import type { OwnEngine } from './own-engine.ts';
import { StartRefused } from './start-refused.ts';

/** Its name in `offpeak-upstream`. */
export const LOCAL_UPSTREAM = 'llama.cpp';

/** A GGUF model in this process, one upstream more. */
export class LocalModel implements OwnEngine {
  readonly simulates = false;
  readonly #options: LlamaEngineOptions;
  #engine: LlamaEngine | null = null;

  constructor(options: LlamaEngineOptions) {
    this.#options = options;
  }

  get engine(): LlamaEngine | null {
    return this.#engine;
  }

  async upstreams(configured: readonly UpstreamConfig[]): Promise<readonly UpstreamConfig[]> {
    if (configured.some(({ name }) => name === LOCAL_UPSTREAM)) {
      throw new StartRefused(`An upstream is named ${LOCAL_UPSTREAM}, which is the name of the model in this process.`);
    }
    this.#engine ??= await startLlamaEngine(this.#options);
    const { url, slots } = this.#engine;
    const local: UpstreamConfig = {
      name: LOCAL_UPSTREAM,
      kind: 'engine',
      engine: 'auto',
      url,
      models: 'auto',
      capacity: { slots },
      apiKey: undefined,
      headers: {},
      enginePriority: true,
    };
    return [...configured, local];
  }

  async stop(): Promise<void> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.close();
  }
}
