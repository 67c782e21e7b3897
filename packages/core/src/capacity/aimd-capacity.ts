import type { Tier } from '../tiers/tier.ts';
import { fits, type CapacityModel, type CapacitySignal, type EngineLoad } from './capacity-model.ts';

export interface AimdLimits {
  readonly slotsStart: number;
  readonly slotsMin: number;
  readonly slotsMax: number;
  /** At most one step up and one step down in each. */
  readonly windowMs: number;
  /** The smoothed time to first token may be this many times its baseline. */
  readonly ttftInflationMax: number;
  /** Before so many samples the time to first token says nothing. */
  readonly ttftSamplesMin: number;
}

export const DEFAULT_AIMD_LIMITS: AimdLimits = {
  slotsStart: 32,
  slotsMin: 4,
  slotsMax: 512,
  windowMs: 500,
  ttftInflationMax: 4,
  ttftSamplesMin: 8,
};

/** Tokens that stand for the fixed part of a first token's time, so that prompts of different lengths can be compared. */
const TTFT_FIXED_TOKENS = 512;
const TTFT_SMOOTHING = 0.2;
/** The baseline is the lowest time seen; it creeps up so that an engine that became slower for good is believed in time. */
const TTFT_BASELINE_CREEP = 1.005;

/**
 * Slots found by additive increase and multiplicative decrease.
 * - start: the limit doubles once per window in which a ticket had to wait and nothing was congested;
 * - search, from the first congestion on: it grows by one per such window;
 * - congestion (the engine queues or bounces, or first tokens take `ttftInflationMax` times their baseline) halves it, once
 *   per window.
 * Without waiting tickets the limit stays: it says nothing about an engine that nobody fills.
 */
export class AimdCapacity implements CapacityModel {
  readonly kvTokensLimit: number;
  readonly #limits: AimdLimits;
  #slots: number;
  #searching = false;
  #windowEnd: number | null = null;
  #congested = false;
  #ttftBaseline = Infinity;
  #ttftSmoothed = 0;
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

  admits(_tier: Tier, kvTokens: number, load: EngineLoad): boolean {
    return fits(this, kvTokens, load);
  }

  observe(signal: CapacitySignal): void {
    this.#closeWindow(signal.at);
    switch (signal.kind) {
      case 'limited':
        this.#windowEnd ??= signal.at + this.#limits.windowMs;
        return;
      case 'bounced':
        this.#congest(signal.at);
        return;
      case 'stats':
        if ((signal.waiting ?? 0) > 0) {
          this.#congest(signal.at);
        }
        return;
      case 'first-token':
        this.#measure(signal.at, signal.ttftMs / (TTFT_FIXED_TOKENS + signal.inputTokens));
        return;
      case 'review':
        return;
    }
  }

  /** A window is open from the first sign of demand or congestion to its end; at its end the limit may grow. */
  #closeWindow(at: number): void {
    if (this.#windowEnd === null || at < this.#windowEnd) {
      return;
    }
    if (!this.#congested) {
      const grown = this.#searching ? this.#slots + 1 : this.#slots * 2;
      this.#slots = Math.min(this.#limits.slotsMax, grown);
    }
    this.#congested = false;
    this.#windowEnd = null;
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

  #measure(at: number, msPerToken: number): void {
    this.#ttftSamples += 1;
    this.#ttftBaseline = Math.min(msPerToken, this.#ttftBaseline * TTFT_BASELINE_CREEP);
    this.#ttftSmoothed =
      this.#ttftSamples === 1 ? msPerToken : this.#ttftSmoothed + TTFT_SMOOTHING * (msPerToken - this.#ttftSmoothed);
    const inflated = this.#ttftSmoothed > this.#limits.ttftInflationMax * this.#ttftBaseline;
    if (inflated && this.#ttftSamples >= this.#limits.ttftSamplesMin) {
      // Judged anew: what is in flight was sent under the old limit.
      this.#ttftSamples = 0;
      this.#congest(at);
    }
  }
}
