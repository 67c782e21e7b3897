import { compareUrgency } from './sequence.ts';
import type { Sequence } from './sequence.ts';

/** Waiting requests, most urgent first. Push, pop and removal of any member take logarithmic time. */
export class WaitingHeap {
  readonly #members: Sequence[] = [];

  get size(): number {
    return this.#members.length;
  }

  peek(): Sequence | undefined {
    return this.#members[0];
  }

  push(sequence: Sequence): void {
    sequence.heapIndex = this.#members.length;
    this.#members.push(sequence);
    this.#rise(sequence);
  }

  remove(sequence: Sequence): void {
    const index = sequence.heapIndex;
    const last = this.#members.pop()!;
    sequence.heapIndex = -1;
    if (last === sequence) return;
    this.#put(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(sequence: Sequence): void {
    while (sequence.heapIndex > 0) {
      const parent = this.#members[(sequence.heapIndex - 1) >> 1]!;
      if (compareUrgency(parent, sequence) <= 0) return;
      this.#swap(parent, sequence);
    }
  }

  #sink(sequence: Sequence): void {
    for (;;) {
      const left = this.#members[2 * sequence.heapIndex + 1];
      if (left === undefined) return;
      const right = this.#members[2 * sequence.heapIndex + 2];
      const child = right !== undefined && compareUrgency(right, left) < 0 ? right : left;
      if (compareUrgency(sequence, child) <= 0) return;
      this.#swap(sequence, child);
    }
  }

  #swap(a: Sequence, b: Sequence): void {
    const index = a.heapIndex;
    this.#put(a, b.heapIndex);
    this.#put(b, index);
  }

  #put(sequence: Sequence, index: number): void {
    this.#members[index] = sequence;
    sequence.heapIndex = index;
  }
}
