import { TraceProblem } from '../../problem.ts';
import type { Random } from '../../random.ts';
import { TRACE_LIMITS } from '../../trace-limits.ts';
import { independentLengths, type LengthDraw, type LengthSource } from '../../generate/lengths.ts';
import type { Client } from './clients.ts';

interface Span {
  readonly startS: number;
  readonly input: string;
  readonly output: string;
}

/** Each probability as `length: share`, in the way of Python's dictionaries. */
const ENTRY = /\s*(\d+)(?:\.0*)?\s*:\s*(\d*\.?\d+(?:[eE][+-]?\d+)?)\s*(?:,|$)/y;

/**
 * The lengths of a client at a time, which its dataset tells in spans of hours, as shares of lengths for prompts and for answers
 * apart. A span without any takes those of the one before it, or else of the next. Undefined where a client has none at all.
 */
export function lengthsOf(client: Client): ((atS: number) => LengthSource) | undefined {
  if (client.dataset === undefined) return undefined;
  const { file } = client.dataset;
  const spans = spansFrom(client.dataset);
  if (spans.length === 0) return undefined;
  const parsed = new Map<Span, LengthSource>();
  return (atS) => {
    const span = spans.findLast(({ startS }) => startS <= atS) ?? spans[0]!;
    let lengths = parsed.get(span);
    if (lengths === undefined) {
      // No prompt is without any token; an answer without any is a request that failed.
      const input = sharesFrom(file, `input_tokens of ${span.startS}`, span.input, 0);
      const output = sharesFrom(file, `output_tokens of ${span.startS}`, span.output, 1);
      lengths = independentLengths('lengths of the clients', drawFrom(input), drawFrom(output));
      parsed.set(span, lengths);
    }
    return lengths;
  };
}

function spansFrom({ file, text }: { file: string; text: string }): Span[] {
  const refuse = (found: string): TraceProblem => {
    const expected =
      '{"0": {"input_tokens": "{12: 0.4, 90: 0.6}", "output_tokens": "{...}"}, "21600": ...}, by seconds';
    return new TraceProblem({ file, what: 'the dataset', found, expected });
  };
  let spans: unknown;
  try {
    spans = JSON.parse(text);
  } catch {
    throw refuse(text);
  }
  if (typeof spans !== 'object' || spans === null) throw refuse(text);
  return Object.entries(spans)
    .map(([start, span]: [string, unknown]): Span => {
      const { input_tokens: input, output_tokens: output } = Object(span) as Record<string, unknown>;
      const startS = Number(start);
      if (!(startS >= 0) || typeof input !== 'string' || typeof output !== 'string') {
        throw refuse(`${start}: ${JSON.stringify(span)}`);
      }
      return { startS, input, output };
    })
    .filter(({ input, output }) => !isEmpty(input) && !isEmpty(output))
    .sort((one, other) => one.startS - other.startS);
}

function isEmpty(shares: string): boolean {
  return /^\s*(?:\{\s*\})?\s*$/.test(shares);
}

/** Of lengths from `min` on. */
function sharesFrom(file: string, what: string, text: string, min: number): [length: number, share: number][] {
  const body = text
    .trim()
    .replace(/^\{|\}$/g, '')
    .trim();
  const shares: [number, number][] = [];
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < body.length) {
    const from = ENTRY.lastIndex;
    const found = ENTRY.exec(body);
    const length = Number(found?.[1]);
    if (found === null || length > TRACE_LIMITS.tokensMax) {
      const expected = `entries such as 294: 0.0106, with lengths up to ${TRACE_LIMITS.tokensMax}`;
      throw new TraceProblem({ file, what: `a part of ${what}`, found: body.slice(from, from + 40), expected });
    }
    if (length >= min) shares.push([length, Number(found[2])]);
  }
  if (!shares.some(([, share]) => share > 0)) {
    const expected = `shares of lengths from ${min} on that add up to more than 0`;
    throw new TraceProblem({ file, what, found: text, expected });
  }
  return shares;
}

/** Shares need not add up to 1. */
function drawFrom(shares: readonly [length: number, share: number][]): LengthDraw {
  const sums = new Float64Array(shares.length);
  let sum = 0;
  shares.forEach(([, share], index) => (sums[index] = sum += share));
  return (random: Random) => {
    const drawn = random.unit() * sum;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > drawn) high = middle;
      else low = middle + 1;
    }
    return Math.max(1, shares[low]![0]);
  };
}
