import type { CapacitySpec } from '../../scheduler/events.ts';
import type { Ask, CapacityModel, CapacitySignal, EngineLoad } from '../capacity-model.ts';
import { Allowance } from './allowance.ts';
import { DEFAULT_PROVIDER_LIMITS, type ProviderLimits } from './provider-limits.ts';

const FIRST_TOKEN_SMOOTHING = 0.2;

/**
 * How much is sent to a hosted provider's lane at once. Its size is not ours to know: it shows in what is refused and what headers say.
 * - window: how many requests may be under way. Each success adds one until the first refusal and, from then on, one for each windowful of
 *   them; a refusal sets it to half of what is under way, once for all that was sent before;
 * - probing, after each pause: one request goes first, and its success opens the window again. The pause itself is the scheduler's;
 * - allowances: what the provider says is left of its limits, less what was sent since, holds until their reset.
 */
export class ProviderCapacity implements CapacityModel {
  readonly kvTokensLimit: number = Infinity;
  readonly wantsBeats = false;
  readonly quality = null;
  readonly #limits: ProviderLimits;
  readonly #windowMax: number;
  #window: number;
  /** Below it the window grows by one with each success. */
  #threshold = Infinity;
  /** The last request that was sent; the last before the window was cut; and, while probing, the last before the pause. */
  #sent = 0;
  #sentBeforeCut = 0;
  #sentBeforePause: number | null = null;
  #probes = 0;
  readonly #requests = new Allowance();
  readonly #tokens = new Allowance();
  #firstTokenMs: number | null = null;

  constructor({ slots }: CapacitySpec, limits: ProviderLimits = DEFAULT_PROVIDER_LIMITS) {
    this.#limits = limits;
    this.#windowMax = slots === 'auto' ? limits.windowMax : slots;
    this.#window = Math.min(limits.windowStart, this.#windowMax);
  }

  get slotsLimit(): number {
    return Math.floor(this.#window);
  }

  get reviewAt(): number | null {
    const at = Math.min(this.#requests.reviewAt ?? Infinity, this.#tokens.reviewAt ?? Infinity);
    return at === Infinity ? null : at;
  }

  admits(ask: Ask, load: EngineLoad, at: number): boolean {
    return (
      load.slots < this.slotsLimit &&
      (this.#sentBeforePause === null || this.#probes === 0) &&
      this.#requests.allows(1, at) &&
      this.#tokens.allows(ask.kvTokens, at)
    );
  }

  closedUntil(ask: Ask, _at: number): number {
    return Math.max(this.#requests.closedUntil(1), this.#tokens.closedUntil(ask.kvTokens));
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

  firstTokenMs(_ask: Ask, _load: EngineLoad, _stepAgeMs: number | null): number | null {
    return this.#firstTokenMs;
  }

  observe(signal: CapacitySignal, load: EngineLoad): void {
    switch (signal.kind) {
      case 'started':
        this.#sent = signal.nth;
        this.#probes += this.#sentBeforePause === null ? 0 : 1;
        this.#requests.used(1);
        this.#tokens.used(signal.tokens);
        return;
      case 'first-token':
        this.#measure(signal.ttftMs);
        this.#succeeded(signal.nth, load.slots);
        return;
      case 'ended':
        this.#probes -= this.#isProbe(signal.nth) ? 1 : 0;
        if (signal.answered) {
          this.#succeeded(signal.nth, load.slots + 1);
        }
        return;
      case 'bounced':
        this.#cut(signal.nth, load.slots);
        return;
      case 'paused':
        this.#sentBeforePause = this.#sent;
        this.#probes = 0;
        return;
      case 'limits':
        if (signal.requests !== undefined) this.#requests.told(signal.requests, signal.at);
        if (signal.tokens !== undefined) this.#tokens.told(signal.tokens, signal.at);
        return;
      case 'review':
        this.#requests.reviewed(signal.at);
        this.#tokens.reviewed(signal.at);
        return;
      case 'restarted':
        this.#window = Math.min(this.#limits.windowStart, this.#windowMax);
        this.#threshold = Infinity;
        this.#sentBeforePause = null;
        return;
      case 'limited':
      case 'beat':
      case 'stats':
      case 'cleared':
        return;
    }
  }

  #isProbe(nth: number): boolean {
    return this.#sentBeforePause !== null && nth > this.#sentBeforePause;
  }

  /** A window that nobody fills is not known to be too small. */
  #succeeded(nth: number, underWay: number): void {
    if (this.#isProbe(nth)) {
      this.#sentBeforePause = null;
    }
    if (2 * underWay >= this.#window) {
      const growth = this.#window < this.#threshold ? 1 : 1 / this.#window;
      this.#window = Math.min(this.#window + growth, this.#windowMax);
    }
  }

  /** What was sent before the last cut was too much by what that has corrected. */
  #cut(nth: number, underWay: number): void {
    if (nth <= this.#sentBeforeCut) {
      return;
    }
    this.#sentBeforeCut = this.#sent;
    this.#window = Math.min(this.#window, Math.max(this.#limits.windowMin, Math.floor(underWay / 2)));
    this.#threshold = this.#window;
  }

  #measure(ttftMs: number): void {
    this.#firstTokenMs =
      this.#firstTokenMs === null ? ttftMs : this.#firstTokenMs + FIRST_TOKEN_SMOOTHING * (ttftMs - this.#firstTokenMs);
  }
}
