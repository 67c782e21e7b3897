/** Ticks may come this late in a simulation. */
export const TICK_LATE_MS_MAX = 3;
