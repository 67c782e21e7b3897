import type { Socket } from 'node:net';
import { monotonicUs } from '../wire.ts';
import type { Canned } from './canned.ts';

export interface PacedStream {
  readonly socket: Socket;
  readonly canned: Canned;
  readonly includeUsage: boolean;
  tokens: number;
}

/**
 * Sends one token per period on each stream, with the streams spread evenly over the period: a wheel with one slot per
 * millisecond, turned by a 1 ms timer that catches up when it is late. The send time is taken once per slot, and the
 * streams of a slot share the bytes, as long as they are of one wire.
 */
export class Pacer {
  #slots: Set<PacedStream>[] = [];
  #slotOf = new Map<PacedStream, Set<PacedStream>>();
  #nextSlot = 0;
  #turnedToMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #onDone: (stream: PacedStream) => void;

  constructor(onDone: (stream: PacedStream) => void) {
    this.#onDone = onDone;
    this.setRate(10);
  }

  /** Only while no stream is open: the wheel is built anew. */
  setRate(tokensPerSecond: number): void {
    this.#slots = Array.from({ length: Math.round(1000 / tokensPerSecond) }, () => new Set());
    this.#slotOf.clear();
  }

  add(stream: PacedStream): void {
    const slot = this.#slots[this.#nextSlot % this.#slots.length]!;
    this.#nextSlot++;
    slot.add(stream);
    this.#slotOf.set(stream, slot);
    if (this.#timer === undefined) {
      this.#turnedToMs = Math.floor(performance.now());
      this.#timer = setInterval(() => {
        this.#turn();
      }, 1);
    }
  }

  remove(stream: PacedStream): void {
    this.#slotOf.get(stream)?.delete(stream);
    this.#slotOf.delete(stream);
    if (this.#slotOf.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Ends every open stream as its wire has it. */
  finishAll(): void {
    for (const stream of [...this.#slotOf.keys()]) {
      this.remove(stream);
      stream.socket.write(stream.canned.ending(stream.tokens, stream.includeUsage));
      this.#onDone(stream);
    }
  }

  #turn(): void {
    const nowMs = Math.floor(performance.now());
    // A stall of more than one period would only repeat slots; those tokens are late, not owed.
    this.#turnedToMs = Math.max(this.#turnedToMs, nowMs - this.#slots.length);
    while (this.#turnedToMs < nowMs) {
      this.#turnedToMs++;
      const slot = this.#slots[this.#turnedToMs % this.#slots.length]!;
      if (slot.size === 0) continue;
      const sentAtUs = monotonicUs();
      let canned: Canned | undefined;
      let chunk: Buffer = Buffer.alloc(0);
      for (const stream of slot) {
        if (stream.canned !== canned) {
          canned = stream.canned;
          chunk = canned.token(sentAtUs);
        }
        stream.tokens++;
        stream.socket.write(chunk);
      }
    }
  }
}
