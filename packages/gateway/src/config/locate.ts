import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml';
import type { PathPart } from './problems.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Finds paths in a parsed document again, to say where in the file something stands. */
export class Locator {
  readonly #doc: Document;
  readonly #lines: LineCounter;

  constructor(doc: Document, lines: LineCounter) {
    this.#doc = doc;
    this.#lines = lines;
  }

  /** The value at the path, or its key; where the path does not exist, the nearest thing around it that does. */
  place(path: readonly PathPart[], atKey: boolean): Place {
    let node = this.#resolve(this.#doc.contents);
    let offset = startOf(node) ?? 0;
    for (const [index, part] of path.entries()) {
      const pair = pairOf(node, part);
      const next =
        pair !== undefined ? pair.value : isSeq(node) && typeof part === 'number' ? node.items[part] : undefined;
      if (pair === undefined && next === undefined) break;
      node = this.#resolve(next);
      const last = index === path.length - 1;
      const keyOffset = pair === undefined ? undefined : startOf(pair.key);
      offset = (last && atKey ? keyOffset : startOf(next)) ?? keyOffset ?? offset;
    }
    return this.placeAt(offset);
  }

  placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  scalarAt(path: readonly PathPart[]): Scalar | undefined {
    let node = this.#resolve(this.#doc.contents);
    for (const part of path) {
      const pair = pairOf(node, part);
      node = this.#resolve(pair !== undefined ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined);
    }
    return isScalar(node) ? node : undefined;
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#doc) : node;
  }
}

function pairOf(node: unknown, part: PathPart): Pair | undefined {
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(part));
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
