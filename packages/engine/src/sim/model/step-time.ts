import type { ClosedFormCosts, StepCosts, TabledCosts } from './profile.ts';

/** What one step computes, as the sums that its time depends on. */
export interface StepBatch {
  /** All tokens of the step: prefill chunks and one per decode stream. */
  readonly tokens: number;
  /** The part of `tokens` that is prefill. */
  readonly prefillTokens: number;
  /** Sum over prefill chunks of c * (context + c / 2). */
  readonly prefillPairs: number;
  readonly decodeStreams: number;
  /** Sum and maximum of the decode streams' contexts. */
  readonly contextTokens: number;
  readonly contextTokensMax: number;
}

/** How far the longest context of a decode batch holds up the others, from LLMServingSim's skew blend. */
const contextSkew = 0.055;

/** Time of one engine step in ms. A step without tokens is only the host's fixed part. */
export function stepTimeMs(costs: StepCosts, batch: StepBatch): number {
  return costs.form === 'closed' ? closedFormMs(costs, batch) : tabledMs(costs, batch);
}

function closedFormMs(costs: ClosedFormCosts, batch: StepBatch): number {
  if (batch.tokens === 0) return costs.fixedMs;
  const linearMs =
    (costs.weightsMs ** costs.blend + (costs.perTokenMs * batch.tokens) ** costs.blend) ** (1 / costs.blend);
  return (
    costs.fixedMs +
    linearMs +
    costs.attentionPairMs * batch.prefillPairs +
    costs.contextTokenMs * effectiveContextTokens(batch) +
    costs.perStreamMs * batch.decodeStreams
  );
}

/** C_eff = B * (mean + skew * (max - mean)). */
function effectiveContextTokens(batch: StepBatch): number {
  return batch.contextTokens + contextSkew * (batch.contextTokensMax * batch.decodeStreams - batch.contextTokens);
}

function tabledMs(costs: TabledCosts, batch: StepBatch): number {
  if (batch.tokens === 0) return 0;
  if (batch.prefillTokens === 0) {
    return (
      costs.decodeFixedMs +
      costs.perStreamMs * batch.decodeStreams +
      costs.contextTokenMs * effectiveContextTokens(batch)
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
