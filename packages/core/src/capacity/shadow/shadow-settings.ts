/** What the shadow model is told by the operator, and the bounds that it keeps. */
export interface ShadowSettings {
  /** The limits that interactive tiers are promised. */
  readonly slo: { readonly ttftMs: number; readonly tpotMs: number };
  /**
   * The knob: which share of the time between an empty engine's step and the TPOT limit flex may fill. More harvests more and delays
   * interactive tokens more; 0 harvests nothing.
   */
  readonly flexShare: number;
  /** Up to this share of the TPOT limit tokens may have come lately, prompts included, for more flex to be let in. */
  readonly paceShare: number;
  /** What was measured longer ago says nothing of the pace of now. */
  readonly paceAgeMsMax: number;
  /** Beyond this share of the TPOT limit, flex that runs already gives way. */
  readonly strainShare: number;
  /** Nearer to full than this share of its KV, an engine is about to preempt by itself. */
  readonly kvStrainShare: number;
  /**
   * Prompts that would make an interactive request wait longer than this many times the TTFT limit are a backlog. Flex makes way for one that
   * lasts so long, unless tokens come as slowly as in steps full of prompts, or nearly (this share): then time is short, and not places.
   */
  readonly backlogTtfts: number;
  readonly backlogMsMin: number;
  readonly backlogPaceShare: number;
  /** Samples before a prediction counts for anything, and the mean error up to which it does. */
  readonly samplesMin: number;
  readonly errorMax: number;
  /** Evictable requests that are let in before that: enough to learn from, too few to hurt. */
  readonly coldFlexMax: number;
  /** Engine metrics older than this, on an engine that has any, stop new flex. */
  readonly statsAgeMsMax: number;
  /** How far ahead KV is projected, and the bounds of the share of it that stays free for interactive prompts. */
  readonly kvHorizonMs: number;
  readonly kvGuardShareMin: number;
  readonly kvGuardShareMax: number;
  /** Slots that flex leaves free, and the share of an engine's slots that they may be: one that has few gives them all. */
  readonly slotsSpare: number;
  readonly slotsSpareShareMax: number;
  /** Tokens that an engine reads in one step, at most: a longer prompt takes several. */
  readonly stepTokens: number;
}

export const DEFAULT_SHADOW_SETTINGS: ShadowSettings = {
  slo: { ttftMs: 500, tpotMs: 50 },
  flexShare: 0.24,
  paceShare: 0.9,
  paceAgeMsMax: 2_000,
  strainShare: 0.9,
  kvStrainShare: 0.97,
  backlogTtfts: 2,
  backlogMsMin: 2_000,
  backlogPaceShare: 0.9,
  samplesMin: 64,
  errorMax: 0.3,
  coldFlexMax: 8,
  statsAgeMsMax: 5_000,
  kvHorizonMs: 2_000,
  kvGuardShareMin: 0.05,
  kvGuardShareMax: 0.3,
  slotsSpare: 4,
  slotsSpareShareMax: 0.125,
  stepTokens: 2_048,
};
