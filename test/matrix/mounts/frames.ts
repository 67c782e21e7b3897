import { crc32 } from 'node:zlib';

/** One message of `application/vnd.amazon.eventstream`. */
export interface Frame {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const STRING_HEADER = 7;

/** Throws at whatever a checksum or a length does not fit. */
export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const total = bytes.readUInt32BE(at);
    const headersLength = bytes.readUInt32BE(at + 4);
    const frame = bytes.subarray(at, at + total);
    if (frame.length < total) throw new Error(`the stream ends within a frame, at byte ${at}`);
    if (crc32(frame.subarray(0, 8)) !== frame.readUInt32BE(8)) throw new Error(`a prelude does not match its checksum`);
    const sum = frame.readUInt32BE(total - CRC_BYTES);
    if (crc32(frame.subarray(0, total - CRC_BYTES)) !== sum) throw new Error('a frame does not match its checksum');
    frames.push({
      headers: headersIn(frame.subarray(PRELUDE_BYTES, PRELUDE_BYTES + headersLength)),
      payload: frame.subarray(PRELUDE_BYTES + headersLength, total - CRC_BYTES),
    });
    at += total;
  }
  return frames;
}

function headersIn(bytes: Buffer): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const name = bytes.toString('utf8', at + 1, nameEnd);
    if (bytes.readUInt8(nameEnd) !== STRING_HEADER) throw new Error(`the header ${name} is no string`);
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    headers[name] = bytes.toString('utf8', nameEnd + 3, valueEnd);
    at = valueEnd;
  }
  return headers;
}
