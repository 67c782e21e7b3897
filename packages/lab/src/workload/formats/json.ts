import { TraceProblem } from '../problem.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';
import { prefixBlockTokens } from '../workload.ts';
import type { FirstLine, LineReader, TraceFormat } from './format.ts';
import { decimalFrom, wholeFrom, type Place, type Row } from './row.ts';

/** The fields of one line. */
export class JsonRow {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly place: Place;

  constructor(fields: Readonly<Record<string, unknown>>, place: Place) {
    this.#fields = fields;
    this.place = place;
  }

  get names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  value(name: string): unknown {
    return this.#fields[name];
  }

  whole(name: string, min: number, max: number): number {
    return wholeFrom(this.place, name, numberText(this.#fields[name]), min, max);
  }

  /** At most what one request may have. */
  tokens(name: string, min: number): number {
    return this.whole(name, min, TRACE_LIMITS.tokensMax);
  }

  decimal(name: string, min: number, max: number): number {
    return decimalFrom(this.place, name, numberText(this.#fields[name]), min, max);
  }

  /** Names of blocks, at most as many as the prompt has. */
  blocks(name: string, inputTokens: number): readonly number[] {
    const found = this.#fields[name];
    const refuse = (expected: string): TraceProblem =>
      new TraceProblem({ ...this.place, what: name, found: numberText(found), expected });
    const isBlock = (item: unknown): boolean => Number.isSafeInteger(item) && (item as number) >= 0;
    if (!Array.isArray(found) || !found.every(isBlock)) throw refuse('a list of whole numbers of 0 or more');
    const most = Math.ceil(inputTokens / prefixBlockTokens);
    if (found.length <= most) return found as number[];
    throw refuse(`at most ${most} for ${inputTokens} tokens of input, one for each ${prefixBlockTokens} tokens`);
  }
}

/** A string of digits is not a number here, and shows its quotes in what is said about it. */
function numberText(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'absent');
}

export interface JsonFormatSpec {
  readonly title: string;
  readonly described: string;
  /** All of them in the first line make it this format. */
  readonly knownBy: readonly string[];
  /** Absent: the format has no times. */
  readonly timeField?: string;
  /** Whether times count from 0 rather than from the first request. */
  readonly fromZero?: boolean;
  readonly read: (row: JsonRow) => Row | null;
}

export function jsonFormat(spec: JsonFormatSpec): TraceFormat {
  return {
    described: `${spec.title} (JSONL, lines like ${spec.described})`,
    recognise: (first: FirstLine): LineReader | undefined => {
      if (!first.text.startsWith('{')) return undefined;
      const fields = objectFrom(first.text, first);
      if (!spec.knownBy.every((name) => Object.hasOwn(fields, name))) return undefined;
      return {
        title: spec.title,
        timed: spec.timeField !== undefined,
        fromZero: spec.fromZero === true,
        header: false,
        timeName: spec.timeField ?? '',
        sorting: `jq -s -c 'sort_by(.${spec.timeField ?? ''})[]' FILE > SORTED`,
        read: (text, line) => {
          const place = { file: first.file, line };
          return spec.read(new JsonRow(objectFrom(text, place), place));
        },
      };
    },
  };
}

export function objectFrom(text: string, { file, line }: Place): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // What the parser says names places in its own way; the line and how it looks say more.
  }
  throw new TraceProblem({ file, line, what: 'the line', found: text, expected: 'one whole JSON object' });
}
