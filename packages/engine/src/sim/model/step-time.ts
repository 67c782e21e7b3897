import type { ClosedFormCosts, StepCosts, TabledCosts } from './profile.ts';

/** What one step computes, as the sums that its time depends on. */
export interface StepBatch {
  /** All tokens of the step: prefill chunks and one per decode stream. */
  readonly tokens: number;
  /** The part of `tokens` that is prefill. */
  readonly prefillTokens: number;
  /** Sum of `attentionPairs` over the prefill chunks. */
  readonly prefillPairs: number;
  readonly decodeStreams: number;
  /** Sum and maximum of the decode streams' contexts. */
  readonly contextTokens: number;
  readonly contextTokensMax: number;
}

/** How far the longest context of a decode batch holds up the others, from LLMServingSim's skew blend. */
const contextSkewDefault = 0.055;

/** The pairs of a new token and one that it looks at which a prefill chunk costs. */
export function attentionPairs(costs: StepCosts, chunkTokens: number, contextTokens: number): number {
  const tileTokens = costs.form === 'closed' ? (costs.attentionTileTokens ?? 1) : 1;
  return Math.max(chunkTokens, tileTokens) * contextTokens + (chunkTokens * chunkTokens) / 2;
}

/** Time of one engine step in ms. A step without tokens is only the fixed part. */
export function stepTimeMs(costs: StepCosts, batch: StepBatch): number {
  return costs.form === 'closed' ? closedFormMs(costs, batch) : tabledMs(costs, batch);
}

function closedFormMs(costs: ClosedFormCosts, batch: StepBatch): number {
  if (batch.tokens === 0) return costs.fixedMs;
  const { blend, prefillStep } = costs;
  const linearMs = (costs.weightsMs ** blend + (costs.perTokenMs * batch.tokens) ** blend) ** (1 / blend);
  const contextTokens = effectiveContextTokens(batch, costs.contextSkew ?? contextSkewDefault);
  const decodeMs = costs.contextTokenMs * contextTokens + costs.perStreamMs * batch.decodeStreams;
  const withoutPrefillMs = costs.fixedMs + linearMs + decodeMs;
  if (batch.prefillTokens === 0) return withoutPrefillMs;
  const prefillMs = costs.attentionPairMs * batch.prefillPairs;
  if (prefillStep === undefined) return withoutPrefillMs + prefillMs;
  return withoutPrefillMs + prefillMs + prefillStep.fixedMs + prefillStep.contextTokenMs * contextTokens;
}

/** C_eff = B * (mean + skew * (max - mean)). */
function effectiveContextTokens(batch: StepBatch, skew: number): number {
  return batch.contextTokens + skew * (batch.contextTokensMax * batch.decodeStreams - batch.contextTokens);
}

function tabledMs(costs: TabledCosts, batch: StepBatch): number {
  if (batch.tokens === 0) return 0;
  if (batch.prefillTokens === 0) {
    return (
      costs.decodeFixedMs +
      costs.perStreamMs * batch.decodeStreams +
      costs.contextTokenMs * effectiveContextTokens(batch, contextSkewDefault)
    );
  }
  const prefillMs = interpolatePrefillMs(costs, batch.tokens);
  return batch.decodeStreams === 0 ? prefillMs : prefillMs * costs.mixedFactor;
}

/** Below the table a prefill of one token costs what a decode does; above it the last slope goes on. */
function interpolatePrefillMs(costs: TabledCosts, tokens: number): number {
  let [lowTokens, lowMs]: readonly [number, number] = [1, costs.decodeFixedMs + costs.perStreamMs];
  let slope = 0;
  for (const [highTokens, highMs] of costs.prefill) {
    slope = (highMs - lowMs) / (highTokens - lowTokens);
    if (tokens <= highTokens) break;
    [lowTokens, lowMs] = [highTokens, highMs];
  }
  return lowMs + slope * (tokens - lowTokens);
}
