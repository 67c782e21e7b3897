export const SLO = { ttftMs: 500, tpotMs: 50 } as const;
export const TIER_MIX = { priority: 0.1, standard: 0.9 } as const;
export const PROFILE = 'h100-8b';
/** Interactive requests as a share of what one engine serves of them. */
export const LOAD = 0.4;
/** Flex requests that clients keep in flight, whoever is in front of the engine: so many fill it. */
export const FLEX_IN_FLIGHT = { naive: 128, ceiling: 256 } as const;
export const SEED = 1;

/** How long things take; the warm-up is part of it. Whole seconds, because series have steps of half a second and more. */
export interface Timing {
  readonly phaseMs: number;
  readonly warmUpMs: number;
  readonly ceilingMs: number;
  readonly ceilingWarmUpMs: number;
}

export const TIMINGS: Readonly<Record<'full' | 'quick', { readonly sim: Timing; readonly llama: Timing }>> = {
  full: {
    sim: { phaseMs: 60_000, warmUpMs: 15_000, ceilingMs: 45_000, ceilingWarmUpMs: 25_000 },
    llama: { phaseMs: 40_000, warmUpMs: 8_000, ceilingMs: 20_000, ceilingWarmUpMs: 5_000 },
  },
  quick: {
    sim: { phaseMs: 20_000, warmUpMs: 8_000, ceilingMs: 20_000, ceilingWarmUpMs: 10_000 },
    llama: { phaseMs: 15_000, warmUpMs: 4_000, ceilingMs: 10_000, ceilingWarmUpMs: 3_000 },
  },
};
