import type { WorkCosts } from '@offpeak/core';
import type { Work, WorkOverTime } from '../upstreams/engine-work.ts';

/** Of an engine that interactive requests fill to here, nothing worth a number is left. */
const IDLE_SHARE_MIN = 0.01;

/**
 * Which share of what interactive requests left of an engine flex and batch used: F / (C - I), at most 1. I and F are the times, as
 * the engine's model predicts them, that interactive and evictable work added to its steps; C is the time that any work could have
 * added if steps had been as long as the TPOT limit lets them be, all the time. Null where nothing was left.
 */
export function harvestRatio(costs: WorkCosts, { ms, interactive, evictable }: WorkOverTime): number | null {
  const capacityMs = ms * costs.workShare;
  const idleMs = capacityMs - workMs(costs, interactive);
  if (idleMs <= IDLE_SHARE_MIN * capacityMs) return null;
  return Math.min(1, workMs(costs, evictable) / idleMs);
}

function workMs(costs: WorkCosts, { prompts, promptTokens, tokens, contextTokens }: Work): number {
  const read = costs.promptTokenMs * promptTokens + costs.promptMs * prompts;
  const written = costs.tokenMs * tokens + costs.contextTokenMs * contextTokens;
  return Math.max(0, read) + Math.max(0, written);
}
