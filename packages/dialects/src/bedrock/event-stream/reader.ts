import { Garbled } from '../../canonical/feature.ts';
import { crc32 } from './crc32.ts';
import { CHECKSUM_BYTES, PRELUDE_BYTES } from './frame.ts';
import { readHead, type FrameKind } from './head.ts';

/** An upstream that announces more would otherwise fill memory. AWS itself allows 16 MiB, for payloads that no answer's text comes near. */
const FRAME_BYTES_MAX = 4 * 1024 * 1024;

export interface Frame {
  readonly kind: FrameKind;
  /** Valid until the next `push`. */
  readonly payload: Buffer;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** Cuts a byte stream into its frames and checks both sums of each. Throws `Garbled`. */
export class FrameReader {
  #carry: Buffer = NOTHING;
  #lastHead: Buffer = NOTHING;
  #lastKind: FrameKind | null = null;

  push(bytes: Buffer): Frame[] {
    const input = this.#carry.length === 0 ? bytes : Buffer.concat([this.#carry, bytes]);
    const frames: Frame[] = [];
    let start = 0;
    while (input.length - start >= PRELUDE_BYTES) {
      const total = checkedTotal(input, start);
      if (input.length - start < total) break;
      frames.push(this.#frame(input.subarray(start, start + total)));
      start += total;
    }
    // A copy: a view would keep the whole network buffer alive for as long as the frame is incomplete.
    this.#carry = start < input.length ? Buffer.from(input.subarray(start)) : NOTHING;
    return frames;
  }

  #frame(frame: Buffer): Frame {
    const sumAt = frame.length - CHECKSUM_BYTES;
    if (crc32(frame, 0, sumAt) !== frame.readUInt32BE(sumAt)) throw new Garbled("a frame's checksum is wrong");
    const headEnd = PRELUDE_BYTES + frame.readUInt32BE(4);
    return { kind: this.#kindOf(frame.subarray(PRELUDE_BYTES, headEnd)), payload: frame.subarray(headEnd, sumAt) };
  }

  /** Nearly all frames of a stream are deltas, whose headers are the same bytes each time. */
  #kindOf(head: Buffer): FrameKind {
    if (this.#lastKind === null || !this.#lastHead.equals(head)) {
      this.#lastKind = readHead(head);
      this.#lastHead = Buffer.from(head);
    }
    return this.#lastKind;
  }
}

/** Judged as soon as the prelude is there, so that a wrong length is not waited for. */
function checkedTotal(input: Buffer, start: number): number {
  if (crc32(input, start, start + 8) !== input.readUInt32BE(start + 8)) {
    throw new Garbled("the checksum of a frame's lengths is wrong");
  }
  const total = input.readUInt32BE(start);
  const headBytes = input.readUInt32BE(start + 4);
  if (total > FRAME_BYTES_MAX) throw new Garbled(`a frame of ${total} bytes is larger than ${FRAME_BYTES_MAX}`);
  if (PRELUDE_BYTES + headBytes + CHECKSUM_BYTES > total) {
    throw new Garbled(`a frame is cut short: ${headBytes} bytes of headers do not fit into the ${total} that it has`);
  }
  return total;
}
