import { crc32 } from './crc32.ts';

/** Two lengths and their checksum. */
export const PRELUDE_BYTES = 12;
export const CHECKSUM_BYTES = 4;

/** How many of the bytes, which begin with a frame, belong to frames that are there to their end. */
export function wholeFrames(bytes: Buffer): number {
  let at = 0;
  while (bytes.length - at >= PRELUDE_BYTES) {
    const total = bytes.readUInt32BE(at);
    if (total > bytes.length - at || total < PRELUDE_BYTES + CHECKSUM_BYTES) break;
    at += total;
  }
  return at;
}

/**
 * One message of `application/vnd.amazon.eventstream`: u32 of all bytes, u32 of the headers' bytes, CRC-32 of these eight, headers, payload,
 * CRC-32 of everything before. Written by hand, because every token of a stream goes through here; the headers of each kind of event are
 * made once.
 */
export function frameOf(head: Buffer, payload: string): Buffer {
  const payloadBytes = Buffer.byteLength(payload);
  const total = PRELUDE_BYTES + head.length + payloadBytes + CHECKSUM_BYTES;
  const frame = Buffer.allocUnsafe(total);
  frame.writeUInt32BE(total, 0);
  frame.writeUInt32BE(head.length, 4);
  const preludeSum = crc32(frame, 0, 8);
  frame.writeUInt32BE(preludeSum, 8);
  head.copy(frame, PRELUDE_BYTES);
  frame.write(payload, PRELUDE_BYTES + head.length);
  frame.writeUInt32BE(crc32(frame, 8, total - CHECKSUM_BYTES, preludeSum), total - CHECKSUM_BYTES);
  return frame;
}
