import type { Backend, ChoicePlan, EmbeddingAnswer, EngineGauges } from '../../server/backend.ts';
import type { ChatRequest } from '../../server/chat-request.ts';
import type { CompletionRequest } from '../../server/completion-request.ts';
import type { JsonObject } from '../../server/fields.ts';
import { blockTokens } from '../loop/engine-loop.ts';
import type { EngineLoop } from '../loop/engine-loop.ts';
import { planChat } from './chat-plan.ts';
import { planCompletion } from './completion-plan.ts';
import type { RealTimeDriver } from './real-time-driver.ts';
import { serveEmbeddings } from './serve-embeddings.ts';
import { SimChoice } from './sim-choice.ts';
import type { SimPlan } from './sim-choice.ts';

const requestsMax = 16_384;

/** The loop in real time, as the server sees it. Its clock is the model's, so times in the metrics do not change with `speed`. */
export class SimBackend implements Backend {
  readonly contextTokensMax: number;
  readonly requestsMax: number = requestsMax;
  readonly gauges: EngineGauges;
  readonly #driver: RealTimeDriver;

  constructor(contextTokensMax: number, loop: EngineLoop, driver: RealTimeDriver) {
    this.contextTokensMax = contextTokensMax;
    this.gauges = new LoopGauges(loop);
    this.#driver = driver;
  }

  nowMs(): number {
    return this.#driver.nowMs();
  }

  planChat(request: ChatRequest): readonly ChoicePlan[] {
    return this.#choices(planChat(request));
  }

  planCompletion(request: CompletionRequest): readonly ChoicePlan[] {
    return this.#choices(planCompletion(request));
  }

  embed(body: JsonObject, answer: EmbeddingAnswer): void {
    serveEmbeddings(this.#driver, this.contextTokensMax, body, answer);
  }

  #choices(plans: readonly SimPlan[]): readonly ChoicePlan[] {
    return plans.map((plan) => new SimChoice(plan, this.#driver));
  }
}

class LoopGauges implements EngineGauges {
  readonly blockTokens: number = blockTokens;
  readonly #loop: EngineLoop;

  constructor(loop: EngineLoop) {
    this.#loop = loop;
  }

  get runningRequests(): number {
    return this.#loop.runningRequests;
  }

  get waitingRequests(): number {
    return this.#loop.waitingRequests;
  }

  get kvUsage(): number {
    return this.#loop.kvUsage;
  }

  get kvBlocks(): number {
    return this.#loop.kvBlocks;
  }

  get prefixQueryTokens(): number {
    return this.#loop.counters.prefixQueryTokens;
  }

  get prefixHitTokens(): number {
    return this.#loop.counters.prefixHitTokens;
  }

  get preemptions(): number {
    return this.#loop.counters.preemptions;
  }
}
