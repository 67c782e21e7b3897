import type { StreamForm } from '../dialect.ts';

const LF = 10;
const CR = 13;

/** Server-sent events; a comment is a sign of life that every reader skips. */
export const SSE: StreamForm = {
  contentType: 'text/event-stream; charset=utf-8',
  heartbeat: Buffer.from(': keep-alive\n\n'),
  wholeBytes,
  mayEnd: (bytes) => bytes.includes(LF),
};

/** To the end of the last blank line. Looked for from the end, where it nearly always is. */
function wholeBytes(bytes: Buffer): number {
  for (let lf = bytes.lastIndexOf(LF); lf > 0; lf = bytes.lastIndexOf(LF, lf - 1)) {
    const isBlank = bytes[lf - 1] === LF || (bytes[lf - 1] === CR && bytes[lf - 2] === LF);
    if (isBlank) return lf + 1;
  }
  return 0;
}
