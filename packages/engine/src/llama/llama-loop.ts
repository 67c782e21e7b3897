import { randomInt } from 'node:crypto';
import type { ChoiceListener, ChoiceTask, EngineGauges } from '../server/backend.ts';
import type { LlamaContext, LlamaModel, LlamaSequence, SamplingOptions } from './binding.ts';
import type { InterruptedAnswers } from './interrupted-answers.ts';
import { LlamaRun } from './llama-run.ts';
import type { RunOwner } from './llama-run.ts';
import type { LaidOutPrompt } from './prompts.ts';

export interface LlamaLoopOptions {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly slots: number;
  /** Prompt tokens in one step, of all requests together: how long a step may keep those waiting that decode. */
  readonly prefillTokensMax: number;
  readonly interrupted: InterruptedAnswers;
}

/** A sequence of the context, with its own KV. */
interface Slot {
  readonly sequence: LlamaSequence;
  run: LlamaRun | undefined;
  /** The prompt's tokens that are still to be computed. */
  left: readonly number[];
  /** Set when the prompt is through. */
  tokens: AsyncGenerator<number, void, void> | undefined;
  /** The step in which it was used last. */
  usedAt: number;
}

const seedsCount = 2 ** 32;

/**
 * Continuous batching over the sequences of one context. Every step gives each running request one token, or a part of its prompt,
 * and llama.cpp computes all of that as one batch. Requests come and go between steps: whoever stops gives its slot back when the
 * step under way is over, and the most urgent of those that wait has it in the next one. A slot keeps its KV when it is given
 * back, and a request gets the free slot that holds the longest beginning of its prompt.
 *
 * idle      no request. Left when one is submitted.
 * stepping  steps follow each other. Left when there is no request any more.
 * closed    forever.
 */
export class LlamaLoop implements RunOwner, EngineGauges {
  readonly model: LlamaModel;
  readonly blockTokens: number = 1;
  readonly kvBlocks: number;
  readonly preemptions: number = 0;
  prefixQueryTokens = 0;
  prefixHitTokens = 0;
  readonly #options: LlamaLoopOptions;
  readonly #slots: readonly Slot[];
  /** By urgency. */
  readonly #waiting: LlamaRun[] = [];
  #stepping: Promise<void> | undefined;
  #step = 0;
  #closed = false;

  constructor(options: LlamaLoopOptions) {
    this.#options = options;
    this.model = options.model;
    const { context, slots } = options;
    this.kvBlocks = slots * context.contextSize;
    this.#slots = Array.from({ length: slots }, () => ({
      sequence: context.getSequence(),
      run: undefined,
      left: [],
      tokens: undefined,
      usedAt: 0,
    }));
  }

  get runningRequests(): number {
    return this.#slots.filter(({ run }) => run !== undefined).length;
  }

  get waitingRequests(): number {
    return this.#waiting.length;
  }

  get kvUsage(): number {
    let tokens = 0;
    for (const { run, sequence } of this.#slots) if (run !== undefined) tokens += sequence.nextTokenIndex;
    return tokens / this.kvBlocks;
  }

  nowMs(): number {
    return performance.now();
  }

  submit(prompt: LaidOutPrompt, choice: number, task: ChoiceTask, listener: ChoiceListener): LlamaRun {
    const run = new LlamaRun(this, prompt, choice, task, listener);
    const { priority } = task.sampling;
    const place = this.#waiting.findIndex((other) => other.task.sampling.priority > priority);
    this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, run);
    this.#stepping ??= this.#work();
    return run;
  }

  stopped(run: LlamaRun): void {
    if (run.state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(run), 1);
    else if (run.prompt.source !== undefined) {
      this.#options.interrupted.remember(run.prompt.source, run.prompt.tokens, run.said);
    }
  }

  /** Resolves when llama.cpp computes nothing any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await this.#stepping;
  }

  async #work(): Promise<void> {
    // What was submitted in the same turn is in the first step together.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#closed) {
      await this.#admit();
      const busy = this.#slots.filter(({ run }) => run !== undefined);
      if (busy.length === 0 && this.#waiting.length === 0) {
        this.#stepping = undefined;
        return;
      }
      this.#step++;
      let prefillTokens = this.#options.prefillTokensMax;
      const steps: Promise<void>[] = [];
      for (const slot of busy) {
        if (slot.tokens === undefined) {
          const share = Math.min(slot.left.length, prefillTokens);
          if (share === 0) continue;
          prefillTokens -= share;
          steps.push(this.#advance(slot, share));
        } else steps.push(this.#advance(slot, 0));
      }
      await Promise.all(steps);
      await Promise.all(busy.map((slot) => this.#release(slot)));
    }
  }

  /** Gives free slots to those that wait. */
  async #admit(): Promise<void> {
    const given: Promise<void>[] = [];
    while (this.#waiting.length > 0) {
      const slot = this.#freeSlotFor(this.#waiting[0]!.prompt.tokens);
      if (slot === undefined) break;
      const run = this.#waiting.shift()!;
      slot.run = run;
      run.state = 'running';
      given.push(this.#prepare(slot, run));
    }
    await Promise.all(given);
  }

  /** The free slot with the most to reuse; of equals the one that was used longest ago. */
  #freeSlotFor(tokens: readonly number[]): Slot | undefined {
    let best: { slot: Slot; shared: number } | undefined;
    for (const slot of this.#slots) {
      if (slot.run !== undefined) continue;
      const shared = sharedTokens(slot.sequence.contextTokens, tokens);
      if (best === undefined || shared > best.shared || (shared === best.shared && slot.usedAt < best.slot.usedAt)) {
        best = { slot, shared };
      }
    }
    return best?.slot;
  }

  async #prepare(slot: Slot, run: LlamaRun): Promise<void> {
    const { tokens } = run.prompt;
    try {
      // The last token is always computed, for its logits.
      await slot.sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    } catch (error) {
      await this.#break(slot, error);
      return;
    }
    run.cachedTokens = slot.sequence.nextTokenIndex;
    this.prefixQueryTokens += tokens.length;
    this.prefixHitTokens += run.cachedTokens;
    slot.left = tokens.slice(run.cachedTokens);
    slot.tokens = undefined;
  }

  /** One step of one request: `share` tokens of its prompt, or its next token. */
  async #advance(slot: Slot, share: number): Promise<void> {
    const run = slot.run!;
    slot.usedAt = this.#step;
    if (run.state === 'ended') return;
    try {
      if (slot.tokens === undefined) {
        const part = slot.left.slice(0, share);
        slot.left = slot.left.slice(share);
        if (slot.left.length > 0) {
          await slot.sequence.evaluateWithoutGeneratingNewTokens(part);
          return;
        }
        slot.tokens = slot.sequence.evaluate(part, this.#samplingOf(run));
      }
      const { value } = await slot.tokens.next();
      if (value === undefined) throw new Error('it gave no token');
      run.take(value);
    } catch (error) {
      await this.#break(slot, error);
    }
  }

  async #break(slot: Slot, error: unknown): Promise<void> {
    slot.run?.fail(error);
    // What its KV holds is not known.
    await slot.sequence.clearHistory().catch(() => undefined);
  }

  /** Frees the slot of a request that has ended. Its KV stays, for whoever begins with the same tokens. */
  async #release(slot: Slot): Promise<void> {
    if (slot.run?.state !== 'ended') return;
    const { tokens } = slot;
    slot.run = undefined;
    slot.tokens = undefined;
    slot.left = [];
    await tokens?.return().catch(() => undefined);
  }

  #samplingOf(run: LlamaRun): SamplingOptions {
    const { sampling } = run.task;
    const { presencePenalty, frequencyPenalty, repetitionPenalty: penalty, topK = 0 } = sampling;
    const seed = sampling.seed === undefined ? randomInt(seedsCount) : sampling.seed + run.choice;
    const options: SamplingOptions = {
      temperature: sampling.temperature ?? 1,
      topK: Math.max(0, topK),
      topP: sampling.topP ?? 1,
      minP: sampling.minP ?? 0,
      // Negative and large seeds are as good as others: llama.cpp takes 32 bits of them.
      seed: ((seed % seedsCount) + seedsCount) % seedsCount,
      yieldEogToken: true,
    };
    if (presencePenalty === 0 && frequencyPenalty === 0 && penalty === 1) return options;
    const maxPunishTokens = this.#options.context.contextSize;
    const punishTokens = (): readonly number[] => run.generatedTokens();
    return { ...options, repeatPenalty: { penalty, presencePenalty, frequencyPenalty, maxPunishTokens, punishTokens } };
  }
}

function sharedTokens(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return index;
  return length;
}
