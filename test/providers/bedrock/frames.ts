import { crc32 } from 'node:zlib';

const STRING = 7;
const PRELUDE_BYTES = 8;
const CHECKSUM_BYTES = 4;

/** One frame of `application/vnd.amazon.eventstream`: lengths, their checksum, headers, payload, and a checksum of all of it. */
export function frame(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => headerBytes(name, value)));
  const total = PRELUDE_BYTES + CHECKSUM_BYTES + head.length + payload.length + CHECKSUM_BYTES;
  const prelude = Buffer.concat([u32(total), u32(head.length)]);
  const unsealed = Buffer.concat([prelude, u32(crc32(prelude)), head, payload]);
  return Buffer.concat([unsealed, u32(crc32(unsealed))]);
}

function headerBytes(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([Buffer.byteLength(name)]),
    Buffer.from(name),
    Buffer.from([STRING]),
    length,
    Buffer.from(value),
  ]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Events are padded, so that their lengths do not tell what tokens are in them. */
export function eventFrame(type: string, event: object): Buffer {
  const text = JSON.stringify(event);
  const padded = { ...event, p: ALPHABET.slice(0, 1 + (text.length % ALPHABET.length)) };
  return frame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    Buffer.from(JSON.stringify(padded)),
  );
}

export function malformedFrame(type: string): Buffer {
  return frame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    Buffer.from('{"contentBlockIndex":0,"delta":{"te'),
  );
}

export function exceptionFrame(type: string, message: string): Buffer {
  return frame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    Buffer.from(JSON.stringify({ message })),
  );
}

/** How a test spoils a frame: for the fault `mangle`. */
export const SPOILED = {
  checksum: (bytes: Buffer): Buffer => flipped(bytes, bytes.length - 1),
  preludeChecksum: (bytes: Buffer): Buffer => flipped(bytes, PRELUDE_BYTES),
  payload: (bytes: Buffer): Buffer => flipped(bytes, bytes.length - CHECKSUM_BYTES - 2),
  /** Together with `ends`: the stream ends within the frame. */
  truncated: (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 5),
  /** A length that no frame has. */
  length: (bytes: Buffer): Buffer => Buffer.concat([u32(0x7fff_ffff), bytes.subarray(4)]),
} as const;

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0xff;
  return copy;
}
