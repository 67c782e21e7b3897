/** The polynomial of Ethernet and gzip, bits reversed. */
const POLYNOMIAL = 0xedb88320;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ POLYNOMIAL;
  return rest;
});

/** Of the bytes from `start` to `end`; `before` is the checksum of what stands before them, so that one sum can be taken in steps. */
export function crc32(bytes: Uint8Array, start: number, end: number, before: number = 0): number {
  let rest = ~before;
  for (let at = start; at < end; at += 1) rest = (rest >>> 8) ^ TABLE[(rest ^ bytes[at]!) & 0xff]!;
  return ~rest >>> 0;
}
