import { isEvictable } from '../../tiers/tier.ts';
import {
  type Ask,
  type CapacityModel,
  type CapacitySignal,
  type EngineLoad,
  type ModelQuality,
  type WorkCosts,
} from '../capacity-model.ts';
import { KvDemand } from './kv-demand.ts';
import { StepModel } from './step-model.ts';
import type { ShadowSettings } from './shadow-settings.ts';

/** A reading of KV use corrects the projection by this factor at most, and so fast. */
const KV_CORRECTION_MAX = 2;
const KV_CORRECTION_SMOOTHING = 0.3;
/** So much longer than a step with flex in it may be predicted, it may come out without flex being too much. */
const FLEX_STEP_SLACK = 1.1;
/** Readings of a nearly empty engine say nothing about how far off the projection is. */
const KV_SHARE_TELLING = 0.05;
/** Its first token takes what those before it take. */
const NO_PROMPT: Ask = { tier: 'standard', promptTokens: 0, kvTokens: 0 };

/**
 * How many requests an engine holds, from a model of its steps that is learned while it works.
 * Interactive requests are admitted as long as there is a slot and KV for them. Flex, unless another prompt is being read:
 * - untrusted, until the model has seen enough and whenever its error is above the gate: slots as AIMD finds them;
 * - trusted: as long as the predicted step stays within its share of the TPOT limit and the projected KV leaves the guard band free.
 */
export class ShadowCapacity implements CapacityModel {
  readonly wantsBeats = true;
  readonly #settings: ShadowSettings;
  readonly #slots: CapacityModel;
  readonly #steps = new StepModel();
  readonly #demand = new KvDemand();
  #statsAt: number | null = null;
  #beatAt: number = Number.NEGATIVE_INFINITY;
  #kvCorrection = 1;
  /** Since when every beat found a backlog; null where the last found none. */
  #backlogSince: number | null = null;

  /**
   * `slots`: who says how many slots there are; it is asked about nothing else while the model is trusted. `settings` are read anew for
   * each decision: whoever made them may change them under a model that has learned.
   */
  constructor(slots: CapacityModel, settings: ShadowSettings) {
    this.#slots = slots;
    this.#settings = settings;
  }

  get slotsLimit(): number {
    return this.#slots.slotsLimit;
  }

  get kvTokensLimit(): number {
    return this.#slots.kvTokensLimit;
  }

  get reviewAt(): number | null {
    return this.#slots.reviewAt;
  }

  get trusted(): boolean {
    return this.#steps.samples >= this.#settings.samplesMin && this.#steps.error <= this.#settings.errorMax;
  }

  get quality(): ModelQuality {
    return { trusted: this.trusted, error: this.#steps.error, samples: this.#steps.samples };
  }

  get costs(): WorkCosts | null {
    if (!this.trusted) {
      return null;
    }
    const roomMs = this.#roomMs();
    return { ...this.#steps.costs, workShare: roomMs / (this.#steps.stepMs(0, 0) + roomMs) };
  }

  admits(ask: Ask, load: EngineLoad, at: number): boolean {
    return isEvictable(ask.tier)
      ? load.slots + this.#slotsSpare < this.slotsLimit && this.#takesFlex(ask, load, at)
      : this.#hasRoom(ask, load);
  }

  strained(load: EngineLoad, _at: number): boolean {
    const { strainShare, kvStrainShare } = this.#settings;
    // Where it is alone, nobody gains by its leaving.
    if (load.flexSlots === 0 || load.slots === 1) {
      return false;
    }
    if (this.#kvUsed(load) > kvStrainShare * this.kvTokensLimit) {
      return true;
    }
    return (
      this.trusted &&
      load.slots > load.flexSlots &&
      this.#steps.stepMs(load.streams, load.contextTokens) > this.#tooSlowMs(strainShare)
    );
  }

  /** An engine that has prompts to read and does not fill its steps with them has no slots or no KV for them. */
  backlogged(load: EngineLoad, at: number): boolean {
    const { stepTokens, backlogMsMin, backlogPaceShare } = this.#settings;
    const paceMs = this.#paceMs(at);
    if (this.#backlogSince === null || at - this.#backlogSince < backlogMsMin || paceMs === 0) {
      return false;
    }
    const fullStepMs = this.#steps.stepMs(load.streams, load.contextTokens) + this.#steps.promptMs(stepTokens, 1);
    return paceMs < backlogPaceShare * fullStepMs && this.#hasBacklog(load);
  }

  yieldsPrompt(promptTokens: number, _load: EngineLoad): boolean {
    const worthWhileMs = this.#settings.flexShare * this.#roomMs();
    return this.trusted && this.#steps.knowsPrompts && this.#steps.promptMs(promptTokens, 1) > worthWhileMs;
  }

  stepMs(load: EngineLoad): number | null {
    return this.trusted ? this.#steps.stepMs(load.streams, load.contextTokens) : null;
  }

  /** From a first guess, while nothing better is known: engines must be told apart by what waits there all the same. */
  firstTokenMs(ask: Ask, load: EngineLoad, stepAgeMs: number | null): number {
    const { stepTokens } = this.#settings;
    const stepMs = this.#steps.stepMs(load.streams, load.contextTokens);
    const tokens = load.prefillTokens + ask.promptTokens;
    const steps = Math.ceil(tokens / stepTokens);
    // The step under way, then those that read what came before and the prompt itself; less what has passed of the first.
    const underWayMs = load.slots === 0 ? 0 : stepMs;
    const readingMs = load.prefills === 0 ? 0 : this.#steps.promptMs(Math.min(load.prefillTokens, stepTokens), 1);
    const passedMs = Math.min(stepAgeMs ?? underWayMs / 2, underWayMs + readingMs);
    return underWayMs + steps * stepMs + this.#steps.promptMs(tokens, load.prefills + 1) - passedMs;
  }

  observe(signal: CapacitySignal, load: EngineLoad): void {
    if (signal.kind === 'limited') {
      this.#wantsSlots(signal, load);
      return;
    }
    if (signal.kind !== 'first-token') {
      this.#slots.observe(signal, load);
    } else if (this.#steps.knowsPrompts || !this.trusted) {
      // A first guess is good enough to tell engines apart, and not to call one of them congested.
      this.#slots.observe(this.trusted ? signal : { ...signal, expectedMs: null }, load);
    }
    switch (signal.kind) {
      case 'beat':
        this.#beat(signal, load);
        return;
      case 'first-token':
        this.#steps.firstToken(signal.inputTokens, signal.unclear);
        if (!isEvictable(signal.tier)) {
          this.#demand.started(signal.inputTokens, signal.at);
        }
        return;
      case 'stats':
        this.#statsAt = signal.at;
        if (signal.kvUsage !== undefined) {
          this.#correctKv(signal.kvUsage, load);
        }
        return;
      case 'restarted':
        this.#steps.forget();
        this.#backlogSince = null;
        this.#statsAt = null;
        this.#kvCorrection = 1;
        return;
      case 'bounced':
      case 'cleared':
      case 'review':
        return;
    }
  }

  #hasBacklog(load: EngineLoad): boolean {
    const { slo, backlogTtfts } = this.#settings;
    return (
      this.trusted &&
      this.#steps.knowsPrompts &&
      load.prefills > load.flexPrefills &&
      this.firstTokenMs(NO_PROMPT, load, null) > backlogTtfts * slo.ttftMs
    );
  }

  /** Slots are wanted where nothing but their number keeps a request out; those that are spared count as taken for flex. */
  #wantsSlots(signal: Extract<CapacitySignal, { kind: 'limited' }>, load: EngineLoad): void {
    const { ask, at } = signal;
    const flex = isEvictable(ask.tier);
    const slots = signal.slots + (flex ? this.#slotsSpare : 0);
    if (slots >= this.slotsLimit && (!flex || this.#takesFlex(ask, load, at))) {
      this.#slots.observe({ ...signal, slots }, load);
    }
  }

  #beat(signal: Extract<CapacitySignal, { kind: 'beat' }>, load: EngineLoad): void {
    const before = this.trusted;
    this.#beatAt = signal.at;
    this.#steps.beat(signal.tokens, signal.gapMs, signal.unseen, load);
    this.#backlogSince = this.#hasBacklog(load) ? (this.#backlogSince ?? signal.at) : null;
    if (this.trusted && !before) {
      // What was taken for congestion by somebody who could not tell it from work is forgotten.
      this.#slots.observe({ kind: 'cleared', at: signal.at }, load);
    }
  }

  #hasRoom(ask: Ask, load: EngineLoad): boolean {
    return load.slots < this.slotsLimit && this.#kvUsed(load) + ask.promptTokens <= this.kvTokensLimit;
  }

  get #slotsSpare(): number {
    const { slotsSpare, slotsSpareShareMax } = this.#settings;
    return Math.min(slotsSpare, Math.floor(slotsSpareShareMax * this.slotsLimit));
  }

  /** One more flex request, whatever the number of slots. */
  #takesFlex(ask: Ask, load: EngineLoad, at: number): boolean {
    const { flexShare, paceShare, samplesMin, coldFlexMax } = this.#settings;
    if (flexShare === 0 || this.#stale(at) || load.prefills > 0) {
      return false;
    }
    // Where nobody else is, nobody is disturbed; without it nothing would ever correct a model that finds any request too much.
    const alone = load.slots === 0;
    // The pace is measured, not predicted: it counts whether or not the model does.
    if (!alone && this.#paceMs(at) > this.#tooSlowMs(paceShare)) {
      return false;
    }
    if (this.trusted && !alone) {
      return this.#fillsRest(ask, load, at);
    }
    const cold = this.#steps.samples < samplesMin;
    return (!cold || load.flexSlots < coldFlexMax) && load.kvTokens + ask.kvTokens <= this.kvTokensLimit;
  }

  #fillsRest(ask: Ask, load: EngineLoad, at: number): boolean {
    const stepMs = this.#steps.stepMs(load.streams + 1, load.contextTokens + ask.promptTokens);
    if (stepMs > this.#flexStepMs()) {
      return false;
    }
    const held = this.#kvUsed(load) + ask.promptTokens;
    // No answer grows beyond its longest: of short ones on a quick engine little is left to come.
    const most = Math.max(held, load.kvTokens + ask.kvTokens);
    const projected = Math.min(held + this.#growth(load, stepMs), most);
    return projected + this.#guardTokens(at) <= this.kvTokensLimit;
  }

  /** A pace that nobody has measured for some time is not the engine's any more. */
  #paceMs(at: number): number {
    return at - this.#beatAt > this.#settings.paceAgeMsMax ? 0 : this.#steps.paceMs;
  }

  /** How long a step with flex in it may take. */
  #flexStepMs(): number {
    return this.#steps.stepMs(0, 0) + this.#settings.flexShare * this.#roomMs();
  }

  /** Of an engine that cannot keep the limit at all, a step with flex in it is longer; what is let in is not called too slow at once. */
  #tooSlowMs(shareOfLimit: number): number {
    return Math.max(shareOfLimit * this.#settings.slo.tpotMs, FLEX_STEP_SLACK * this.#flexStepMs());
  }

  /** Between the step of an empty engine and the limit; where the engine cannot keep the limit anyway, half a step. */
  #roomMs(): number {
    const emptyMs = this.#steps.stepMs(0, 0);
    return Math.max(this.#settings.slo.tpotMs - emptyMs, emptyMs / 2);
  }

  /** What streams hold, and what the engine can read of the waiting prompts until the horizon: the others hold nothing yet. */
  #kvUsed(load: EngineLoad): number {
    return this.#kvCorrection * load.contextTokens + Math.min(load.prefillTokens, this.#readableTokens());
  }

  #readableTokens(): number {
    const { stepTokens, kvHorizonMs } = this.#settings;
    return this.#steps.knowsPrompts
      ? (stepTokens * kvHorizonMs) / Math.max(1, this.#steps.stepMs(0, 0) + this.#steps.promptMs(stepTokens, 1))
      : Infinity;
  }

  /** What the streams add to their contexts until the horizon. */
  #growth(load: EngineLoad, stepMs: number): number {
    return ((load.streams + 1) * this.#settings.kvHorizonMs) / Math.max(stepMs, 1);
  }

  #guardTokens(at: number): number {
    const { kvGuardShareMin, kvGuardShareMax } = this.#settings;
    const limit = this.kvTokensLimit;
    return limit === Infinity ? 0 : clamp(this.#demand.high(at), kvGuardShareMin * limit, kvGuardShareMax * limit);
  }

  #stale(at: number): boolean {
    return this.#statsAt !== null && at - this.#statsAt > this.#settings.statsAgeMsMax;
  }

  #correctKv(usage: number, load: EngineLoad): void {
    const projected = load.contextTokens + load.prefillTokens;
    if (this.kvTokensLimit === Infinity || projected < KV_SHARE_TELLING * this.kvTokensLimit) {
      return;
    }
    const factor = clamp((usage * this.kvTokensLimit) / projected, 1 / KV_CORRECTION_MAX, KV_CORRECTION_MAX);
    this.#kvCorrection += KV_CORRECTION_SMOOTHING * (factor - this.#kvCorrection);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
