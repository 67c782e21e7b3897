import { fits, type Ask, type CapacityModel, type CapacitySignal, type EngineLoad } from './capacity-model.ts';

export interface AimdLimits {
  readonly slotsStart: number;
  readonly slotsMin: number;
  readonly slotsMax: number;
  /** At most one step up and one step down in each. */
  readonly windowMs: number;
  /** The smoothed time to first token may be this many times what a model, or else its own baseline, expects. */
  readonly ttftInflationMax: number;
  /**
   * First tokens that come within this are quick enough, however much quicker an idle engine is: requests that start together read
   * their prompts together, and share a batch at a profit.
   */
  readonly ttftMsTolerated: number;
  /** Prompts that start together wait a few steps for each other's; only a queue seen this often in a row is one. */
  readonly waitingReadingsMin: number;
  /**
   * The same for a queue beside one and the same number running: in a burst of prompts that happens by chance, but not so often in a row.
   */
  readonly fullReadingsMin: number;
  /** Before so many samples the time to first token says nothing. */
  readonly ttftSamplesMin: number;
}

export const DEFAULT_AIMD_LIMITS: AimdLimits = {
  slotsStart: 32,
  slotsMin: 1,
  slotsMax: 512,
  windowMs: 500,
  ttftInflationMax: 4,
  ttftMsTolerated: 500,
  waitingReadingsMin: 3,
  fullReadingsMin: 8,
  ttftSamplesMin: 8,
};

/** Faster than by one: a limit that was cut for a wrong reason makes people wait until it has grown again. */
const SEARCH_GROWTH = 1.125;
/** Tokens that stand for the fixed part of a first token's time, so that prompts of different lengths can be compared. */
const TTFT_FIXED_TOKENS = 512;
const TTFT_SMOOTHING = 0.2;
/** The baseline is the lowest time seen; it creeps up so that an engine that became slower for good is believed in time. */
const TTFT_BASELINE_CREEP = 1.005;

/**
 * Slots found by growing them while all is well and halving them when it is not.
 * - start: the limit doubles when a ticket would have to wait, once per window and never in one that saw congestion;
 * - search, from the first congestion on: it grows by an eighth instead;
 * - congestion (the engine keeps a queue or bounces, or first tokens take `ttftInflationMax` times what was
 *   expected and longer than is tolerated) halves it, once per window.
 * Without waiting tickets the limit stays: it says nothing about an engine that nobody fills.
 */
export class AimdCapacity implements CapacityModel {
  readonly kvTokensLimit: number;
  readonly wantsBeats = false;
  readonly quality = null;
  readonly #limits: AimdLimits;
  #slots: number;
  #searching = false;
  #windowEnd: number | null = null;
  #congested = false;
  #waitingReadings = 0;
  /** How often in a row it kept a queue while the number that runs stayed the same, and that number. */
  #fullReadings = 0;
  #runningRead: number | undefined;
  #ttftBaseline = Infinity;
  /** Smoothed time to the first token over what was expected. */
  #inflation = 0;
  #ttftMsSmoothed = 0;
  #ttftSamples = 0;

  constructor(kvTokens: number, limits: AimdLimits = DEFAULT_AIMD_LIMITS) {
    this.kvTokensLimit = kvTokens;
    this.#limits = limits;
    this.#slots = limits.slotsStart;
  }

  get slotsLimit(): number {
    return this.#slots;
  }

  get reviewAt(): number | null {
    return this.#windowEnd;
  }

  admits(ask: Ask, load: EngineLoad, _at: number): boolean {
    return fits(this, ask, load);
  }

  strained(_load: EngineLoad, _at: number): boolean {
    return false;
  }

  yieldsPrompt(_promptTokens: number, _load: EngineLoad): boolean {
    return false;
  }

  stepMs(_load: EngineLoad): null {
    return null;
  }

  firstTokenMs(_ask: Ask, _load: EngineLoad, _stepAgeMs: number | null): null {
    return null;
  }

  observe(signal: CapacitySignal, load: EngineLoad): void {
    this.#closeWindow(signal.at);
    switch (signal.kind) {
      case 'limited':
        if (signal.slots >= this.#slots) {
          this.#grow(signal.at);
        }
        return;
      case 'bounced':
        this.#congest(signal.at);
        return;
      case 'stats':
        this.#read(signal.waiting ?? 0, signal.running, signal.at);
        return;
      case 'first-token':
        this.#measure(signal.at, signal.ttftMs, signal.expectedMs ?? this.#usualMs(signal));
        return;
      case 'restarted':
        this.#slots = this.#limits.slotsStart;
        this.#forget(load);
        return;
      case 'cleared':
        this.#forget(load);
        return;
      case 'beat':
      case 'review':
        return;
    }
  }

  /** What runs there runs: a limit below it would only keep others out. */
  #forget(load: EngineLoad): void {
    this.#slots = Math.max(this.#slots, this.#limits.slotsStart, load.slots);
    this.#searching = false;
    this.#windowEnd = null;
    this.#congested = false;
    this.#waitingReadings = 0;
    this.#fullReadings = 0;
    this.#ttftBaseline = Infinity;
    this.#ttftSamples = 0;
  }

  #closeWindow(at: number): void {
    if (this.#windowEnd !== null && at >= this.#windowEnd) {
      this.#congested = false;
      this.#windowEnd = null;
    }
  }

  /** An engine that keeps a queue, and the same number running beside it, reading after reading, runs no more than that. */
  #read(waiting: number, running: number | undefined, at: number): void {
    const full = waiting > 0 && running === this.#runningRead;
    this.#waitingReadings = waiting > 0 ? this.#waitingReadings + 1 : 0;
    this.#fullReadings = full ? this.#fullReadings + 1 : 0;
    this.#runningRead = running;
    if (running !== undefined && running > 0 && this.#fullReadings + 1 >= this.#limits.fullReadingsMin) {
      this.#searching = true;
      this.#slots = Math.min(this.#slots, Math.max(this.#limits.slotsMin, running));
    } else if (running === undefined && this.#waitingReadings >= this.#limits.waitingReadingsMin) {
      this.#congest(at);
    }
  }

  /** At once, so that nobody waits for a guess to be corrected, and then not again before the window's end shows what came of it. */
  #grow(at: number): void {
    if (this.#windowEnd !== null) {
      return;
    }
    const grown = this.#searching ? Math.ceil(this.#slots * SEARCH_GROWTH) : this.#slots * 2;
    this.#slots = Math.min(this.#limits.slotsMax, grown);
    this.#windowEnd = at + this.#limits.windowMs;
  }

  #congest(at: number): void {
    this.#searching = true;
    if (this.#congested) {
      return;
    }
    this.#congested = true;
    this.#windowEnd = at + this.#limits.windowMs;
    this.#slots = Math.max(this.#limits.slotsMin, Math.floor(this.#slots / 2));
  }

  /** Where no model knows better: the baseline, by the length of the prompt. */
  #usualMs({ ttftMs, inputTokens }: Extract<CapacitySignal, { kind: 'first-token' }>): number {
    const tokens = TTFT_FIXED_TOKENS + inputTokens;
    this.#ttftBaseline = Math.min(ttftMs / tokens, this.#ttftBaseline * TTFT_BASELINE_CREEP);
    return this.#ttftBaseline * tokens;
  }

  #measure(at: number, ttftMs: number, expectedMs: number): void {
    const weight = this.#ttftSamples === 0 ? 1 : TTFT_SMOOTHING;
    this.#ttftSamples += 1;
    this.#inflation += weight * (ttftMs / Math.max(expectedMs, 1) - this.#inflation);
    this.#ttftMsSmoothed += weight * (ttftMs - this.#ttftMsSmoothed);
    const inflated =
      this.#ttftMsSmoothed > this.#limits.ttftMsTolerated && this.#inflation > this.#limits.ttftInflationMax;
    if (inflated && this.#ttftSamples >= this.#limits.ttftSamplesMin) {
      // Judged anew: what is in flight was sent under the old limit.
      this.#ttftSamples = 0;
      this.#congest(at);
    }
  }
}
