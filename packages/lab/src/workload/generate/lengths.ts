import { checkNumber, WorkloadProblem } from '../problem.ts';
import type { Random } from '../random.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';
import type { Lengths } from '../workload.ts';

/** A number of tokens, 1 or more. */
export type LengthDraw = (random: Random) => number;

/** What requests draw their sizes from. */
export interface LengthSource {
  readonly title: string;
  draw(random: Random): { readonly inputTokens: number; readonly outputTokens: number };
}

export interface LognormalSpec {
  readonly p50: number;
  /** One of the two says how far lengths spread. */
  readonly mean?: number;
  readonly p99?: number;
  /** Longer draws are cut to it. */
  readonly max?: number;
}

/** How many deviations the 99th percentile of a normal distribution lies above its median. */
const NORMAL_P99 = 2.3263478740408408;

export function lognormalLength({ p50, mean, p99, max = TRACE_LIMITS.tokensMax }: LognormalSpec): LengthDraw {
  checkNumber('the median length', p50, { min: 1, max: TRACE_LIMITS.tokensMax });
  checkNumber('the greatest length', max, { min: 1, max: TRACE_LIMITS.tokensMax });
  if ((mean === undefined) === (p99 === undefined)) {
    throw new WorkloadProblem('a lognormal length needs its median and either its mean or its 99th percentile');
  }
  const other = mean ?? p99!;
  checkNumber(mean === undefined ? 'the 99th percentile' : 'the mean length', other, { min: p50 });
  const spread = mean === undefined ? Math.log(other / p50) / NORMAL_P99 : Math.sqrt(2 * Math.log(other / p50));
  const middle = Math.log(p50);
  return (random) => clamped(Math.exp(middle + spread * random.normal()), max);
}

/** A tail as of Zipf's law between two bounds: a length twice as great is 2 to the power of `exponent` times as rare. */
export function zipfLength({ min, max, exponent }: { min: number; max: number; exponent: number }): LengthDraw {
  checkNumber('the smallest length', min, { min: 1, max: TRACE_LIMITS.tokensMax });
  checkNumber('the greatest length', max, { min, max: TRACE_LIMITS.tokensMax });
  checkNumber('the exponent', exponent, { above: 1, max: 10 });
  // Continuous from `min` to just below the next whole number after `max`, then rounded down, so that `max` has its share.
  const power = 1 - exponent;
  const from = min ** power;
  const to = (max + 1) ** power;
  return (random) => Math.min(max, Math.floor((from + (to - from) * random.unit()) ** (1 / power)));
}

/** Straight lines between known shares: `knots` are pairs of (share of lengths below, length), from share 0 to share 1. */
function quantileLength(knots: readonly (readonly [share: number, length: number])[]): LengthDraw {
  return (random) => {
    const share = random.unit();
    const upper = knots.findIndex(([above]) => above >= share);
    const [share1, length1] = knots[upper]!;
    const [share0, length0] = knots[upper - 1]!;
    return clamped(length0 + ((length1 - length0) * (share - share0)) / (share1 - share0), TRACE_LIMITS.tokensMax);
  };
}

export function independentLengths(title: string, input: LengthDraw, output: LengthDraw): LengthSource {
  return { title, draw: (random) => ({ inputTokens: input(random), outputTokens: output(random) }) };
}

/** Draws whole pairs, so that prompts keep the answers that belong to them. */
function empiricalLengths({ title, pairs }: Lengths): LengthSource {
  if (pairs.length === 0) throw new WorkloadProblem(`the lengths ${title} are empty; expected at least one pair`);
  return { title, draw: (random) => pairs[random.below(pairs.length)]! };
}

/** The median of prompts and answers as a share of their mean, in public traces of chats. */
const CHAT_MEDIAN_SHARE = 0.65;

/** Longer draws are cut to this many means, so that no single request outgrows an engine. */
const CHAT_MEANS_MAX = 8;

/** Interactive traffic: lognormal prompts and answers of given means. */
export function chatLengthsOf(inputTokensMean: number, outputTokensMean: number): LengthSource {
  checkNumber('inputTokensMean', inputTokensMean, { min: 1, max: TRACE_LIMITS.tokensMax / CHAT_MEANS_MAX });
  checkNumber('outputTokensMean', outputTokensMean, { min: 1, max: TRACE_LIMITS.tokensMax / CHAT_MEANS_MAX });
  const around = (mean: number): LengthDraw =>
    lognormalLength({ p50: Math.max(1, mean * CHAT_MEDIAN_SHARE), mean, max: Math.ceil(mean * CHAT_MEANS_MAX) });
  const title = `lognormal lengths of ${inputTokensMean} and ${outputTokensMean} tokens on average`;
  return independentLengths(title, around(inputTokensMean), around(outputTokensMean));
}

/** For chats of which nothing is known. */
export const chatLengths: LengthSource = chatLengthsOf(1_024, 256);

/** Sizes as somebody gives them: measured ones, or a distribution. */
export function lengthSourceOf(lengths: Lengths | LengthSource): LengthSource {
  return 'draw' in lengths ? lengths : empiricalLengths(lengths);
}

/** Long prompts and answers of chat histories, shaped like the ShareGPT conversations up to 8k tokens that papers use for such work. */
export const chatHistoryLengths: LengthSource = independentLengths(
  'built-in lengths of chat histories',
  quantileLength([
    [0, 2],
    [0.01, 12],
    [0.1, 75],
    [0.25, 580],
    [0.5, 1_730],
    [0.75, 3_730],
    [0.9, 5_700],
    [0.99, 7_430],
    [1, 8_140],
  ]),
  quantileLength([
    [0, 2],
    [0.01, 6],
    [0.1, 84],
    [0.25, 228],
    [0.5, 415],
    [0.75, 628],
    [0.9, 834],
    [0.99, 998],
    [1, 1_024],
  ]),
);

function clamped(tokens: number, max: number): number {
  return Math.min(max, Math.max(1, Math.round(tokens)));
}
