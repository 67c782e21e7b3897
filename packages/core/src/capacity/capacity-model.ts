import type { CapacitySpec, LimitRest } from '../scheduler/events.ts';
import type { Tier } from '../tiers/tier.ts';

/** What an engine holds, as far as the scheduler was told: it sees streams and what it sent, never the engine's inside. */
export interface EngineLoad {
  /** Requests, in whichever phase. */
  readonly slots: number;
  /** Those that may be asked to give way some day: flex and batch. */
  readonly flexSlots: number;
  /** The most KV that the requests may come to need: prompts and longest answers. */
  readonly kvTokens: number;
  /** Requests whose first token came, and the tokens of their contexts. */
  readonly streams: number;
  readonly contextTokens: number;
  /** Requests whose first token is awaited, and the tokens that must be read for it. */
  readonly prefills: number;
  readonly prefillTokens: number;
  /** Those of flex and batch among them. */
  readonly flexPrefills: number;
  readonly flexPrefillTokens: number;
}

/** A request that asks for a place. */
export interface Ask {
  readonly tier: Tier;
  /** What it must read before its first token. */
  readonly promptTokens: number;
  /** The most KV that it may come to need. */
  readonly kvTokens: number;
}

/**
 * What a capacity model can learn from. Each has the time at which it was learned. `nth` grows with every start, so that what became of
 * a run can be set against what happened before it began.
 */
export type CapacitySignal =
  /** A ticket waits because this engine did not admit it, for whatever reason, with so many slots taken. Only slots may follow. */
  | { readonly kind: 'limited'; readonly at: number; readonly ask: Ask; readonly slots: number }
  | {
      readonly kind: 'first-token';
      readonly at: number;
      readonly nth: number;
      readonly tier: Tier;
      readonly ttftMs: number;
      /** What the model said when it started; null where it knew nothing. */
      readonly expectedMs: number | null;
      readonly inputTokens: number;
      /** Its time cannot be set against its prompt: part of that may have been in a cache, or nobody saw all of it. */
      readonly unclear: boolean;
    }
  /**
   * A stream that is followed token by token got `tokens` more, `gapMs` after those before. `unseen`: among the prompts that are being
   * read is one whose first token will not be told.
   */
  | {
      readonly kind: 'beat';
      readonly at: number;
      readonly tokens: number;
      readonly gapMs: number;
      readonly unseen: boolean;
    }
  /** The engine refused a request as overloaded. */
  | { readonly kind: 'bounced'; readonly at: number; readonly nth: number }
  /** Lanes alone are told the next four. A request was sent, which may come to so many tokens. */
  | { readonly kind: 'started'; readonly at: number; readonly nth: number; readonly tokens: number }
  /** A request is over. `answered`: with its answer, of which no first token was told before. */
  | { readonly kind: 'ended'; readonly at: number; readonly nth: number; readonly answered: boolean }
  /** The provider wants to be left alone for a while. */
  | { readonly kind: 'paused'; readonly at: number }
  /** What the provider says is left of its limits. */
  | { readonly kind: 'limits'; readonly at: number; readonly requests?: LimitRest; readonly tokens?: LimitRest }
  /** What was taken for congestion before was work, as far as can be told now. */
  | { readonly kind: 'cleared'; readonly at: number }
  /** It came up, for the first time or again: whatever ran there before may be another engine's past. */
  | { readonly kind: 'restarted'; readonly at: number }
  | {
      readonly kind: 'stats';
      readonly at: number;
      readonly waiting?: number;
      readonly running?: number;
      readonly kvUsage?: number;
    }
  /** `reviewAt` is due. */
  | { readonly kind: 'review'; readonly at: number };

/** How well a model's predictions were, lately. */
export interface ModelQuality {
  /** Whether it is relied upon. */
  readonly trusted: boolean;
  /** Mean absolute error of predicted step times, as a share of the actual ones. */
  readonly error: number;
  readonly samples: number;
}

/** What work takes on an engine, as far as was learned, in ms. It is what the work adds to steps, which take some time without any. */
export interface WorkCosts {
  /** A token of an answer, and each token of the context in which it is written. */
  readonly tokenMs: number;
  readonly contextTokenMs: number;
  /** Reading prompts, by token and by prompt. The latter is negative where a step's first tokens ride along for nothing. */
  readonly promptTokenMs: number;
  readonly promptMs: number;
  /** The share of the engine's time that is left for work when its steps are as long as the TPOT limit lets them be. */
  readonly workShare: number;
}

/** How many: what one engine can hold at once. It never sees queues or tickets; who gets in is decided elsewhere. */
export interface CapacityModel {
  readonly slotsLimit: number;
  /** Infinity when the engine's KV size is unknown. */
  readonly kvTokensLimit: number;
  /** When the limits may move by themselves and the model wants a `review`; null when nothing is pending. */
  readonly reviewAt: number | null;
  /** It learns from `beat`: one stream of the engine is to be followed token by token. */
  readonly wantsBeats: boolean;
  /**
   * Whether one more request fits beside `load`. The tier is given so that a model can hold back the evictable tiers alone; within
   * those, and within the others, whoever asks for no less than one who was refused is refused as well.
   */
  admits(ask: Ask, load: EngineLoad, at: number): boolean;
  /** With this load, evictable work should give way although nobody waits for its place. */
  strained(load: EngineLoad, at: number): boolean;
  /**
   * Interactive prompts wait inside the engine for longer than can be borne, and for the places that streams hold: evictable ones should
   * make way. Absent on a model that cannot tell.
   */
  backlogged?(load: EngineLoad, at: number): boolean;
  /** An interactive prompt came beside an evictable one of so many tokens that is being read: whether that one should give way. */
  yieldsPrompt(promptTokens: number, load: EngineLoad): boolean;
  /** Predicted time of a step of the streams that are there, in ms; null where nothing is known. */
  stepMs(load: EngineLoad): number | null;
  /**
   * Predicted time to the first token of a request that starts now, in ms; null where nothing is known. `stepAgeMs`: how long ago the
   * step under way began; null where that is not known.
   */
  firstTokenMs(ask: Ask, load: EngineLoad, stepAgeMs: number | null): number | null;
  /** `load` is what the engine holds after what the signal tells. */
  observe(signal: CapacitySignal, load: EngineLoad): void;
  /** Before then no such request is admitted, whatever ends meanwhile; in the past or absent where that is not known. */
  closedUntil?(ask: Ask, at: number): number;
  /** Null for a model that predicts nothing. */
  readonly quality: ModelQuality | null;
  /** Null while nothing that could be relied upon was learned; absent on a model that learns no such thing. */
  readonly costs?: WorkCosts | null;
}

/** Makes the model of an engine that came up, or that announced a new capacity. */
export type CapacityFactory = (spec: CapacitySpec) => CapacityModel;

export function fits(model: CapacityModel, ask: Ask, load: EngineLoad): boolean {
  return load.slots < model.slotsLimit && load.kvTokens + ask.kvTokens <= model.kvTokensLimit;
}
