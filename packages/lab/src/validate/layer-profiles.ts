import { attentionPairs, stepTimeMs, type ClosedFormCosts, type StepBatch } from '@offpeak/engine';
import { meanOf } from './comparison.ts';
import type { RecordedRun } from './recorded-run.ts';
import { readTable } from './table.ts';

/** Steps put together from the profiles of layers, beside the closed form of the same steps. Shares of the profiled time. */
export interface LayerError {
  readonly steps: number;
  /** Mean of the error, and of its size. */
  readonly bias: number;
  readonly meanSize: number;
}

export interface LayerErrors {
  /** No attention at all. */
  readonly linear: LayerError;
  readonly decode: LayerError;
  readonly prefill: LayerError;
  /** Prefill and decode in one step. */
  readonly mixed: LayerError;
}

const LAYERS = 32;
/** How often a step goes through each layer of the file. */
const TIMES_PER_STEP: Readonly<Record<string, number>> = {
  embedding: 1,
  qkv_proj: LAYERS,
  rotary_emb: LAYERS,
  o_proj: LAYERS,
  gate_up_proj: LAYERS,
  act_fn: LAYERS,
  down_proj: LAYERS,
  layernorm: 2 * LAYERS,
  final_layernorm: 1,
};
const US_PER_MS = 1_000;

/** What serving has in one step; the attention profile goes on to batches that no budget of tokens allows. */
const CONTEXT_TOKENS_MAX = 4_096;
const STREAMS_MAX = 128;

/** How far the closed form is from the layers that it was fitted to. Its fixed terms are left out: no layer has them. */
export async function layerErrors(run: RecordedRun, costs: ClosedFormCosts): Promise<LayerErrors> {
  const linearMs = await linearTimes(run.densePath);
  const lineOf = interpolation([...linearMs]);
  const columns = ['prefill_chunk', 'kv_prefill', 'n_decode', 'kv_decode', 'time_us'];
  const steps = (await readTable(run.attentionPath, columns))
    .map(({ number }) => ({
      chunk: number('prefill_chunk'),
      context: number('kv_prefill'),
      streams: number('n_decode'),
      streamContext: number('kv_decode'),
      attentionMs: (number('time_us') * LAYERS) / US_PER_MS,
    }))
    .filter(
      ({ context, streams, streamContext }) =>
        Math.max(context, streamContext) <= CONTEXT_TOKENS_MAX && streams <= STREAMS_MAX,
    )
    .map(({ chunk, context, streams, streamContext, attentionMs }) => ({
      chunk,
      streams,
      profiledMs: lineOf(chunk + streams) + attentionMs,
      modelMs: layersMs(costs, {
        tokens: chunk + streams,
        prefillTokens: chunk,
        prefillPairs: chunk === 0 ? 0 : attentionPairs(costs, chunk, context),
        decodeStreams: streams,
        contextTokens: streams * streamContext,
        contextTokensMax: streamContext,
      }),
    }));
  const linear = [...linearMs].map(([tokens, profiledMs]) => ({
    profiledMs,
    modelMs: layersMs(costs, { ...nothing, tokens }),
  }));
  return {
    linear: errorOf(linear),
    decode: errorOf(steps.filter(({ chunk }) => chunk === 0)),
    prefill: errorOf(steps.filter(({ streams }) => streams === 0)),
    mixed: errorOf(steps.filter(({ chunk, streams }) => chunk > 0 && streams > 0)),
  };
}

const nothing: StepBatch = {
  tokens: 0,
  prefillTokens: 0,
  prefillPairs: 0,
  decodeStreams: 0,
  contextTokens: 0,
  contextTokensMax: 0,
};

function layersMs(costs: ClosedFormCosts, batch: StepBatch): number {
  const prefillFixedMs = batch.prefillTokens > 0 ? (costs.prefillStep?.fixedMs ?? 0) : 0;
  return stepTimeMs(costs, batch) - costs.fixedMs - prefillFixedMs;
}

function errorOf(steps: readonly { readonly profiledMs: number; readonly modelMs: number }[]): LayerError {
  const errors = steps.map(({ profiledMs, modelMs }) => modelMs / profiledMs - 1);
  return { steps: steps.length, bias: meanOf(errors), meanSize: meanOf(errors.map(Math.abs)) };
}

/** All layers without attention, by the tokens of the step. */
async function linearTimes(path: string): Promise<Map<number, number>> {
  const times = new Map<number, number>();
  for (const { text, number } of await readTable(path, ['layer', 'tokens', 'time_us'])) {
    const ms = (number('time_us') * (TIMES_PER_STEP[text('layer')] ?? 0)) / US_PER_MS;
    times.set(number('tokens'), (times.get(number('tokens')) ?? 0) + ms);
  }
  return times;
}

/** Straight lines between the points, which rise; beyond the last one its value. */
function interpolation(points: readonly (readonly [number, number])[]): (at: number) => number {
  return (at) => {
    const index = points.findIndex(([x]) => x >= at);
    if (index < 0) return points.at(-1)![1];
    const [highX, highY] = points[index]!;
    if (index === 0) return highY;
    const [lowX, lowY] = points[index - 1]!;
    return lowY + ((highY - lowY) * (at - lowX)) / (highX - lowX);
  };
}
