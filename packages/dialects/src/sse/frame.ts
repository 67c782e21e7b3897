const LF = 10;
const CR = 13;

/**
 * Where the server-sent event that begins at `start` ends: the offset after its blank line, or -1 while it is incomplete.
 * Lines may end in LF or CRLF; engines write either.
 */
export function eventEnd(input: Buffer, start: number): number {
  let line = start;
  for (;;) {
    const lf = input.indexOf(LF, line);
    if (lf < 0) return -1;
    const blank = lf === line || (lf === line + 1 && input[line] === CR);
    if (blank) return lf + 1;
    line = lf + 1;
  }
}

/** The event's data lines joined, or null for a comment, an empty event, or one that only names itself. */
export function eventData(input: Buffer, start: number, end: number): string | null {
  let data: string | null = null;
  for (const raw of input.toString('utf8', start, end).split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (!line.startsWith('data:')) continue;
    const value = line.startsWith('data: ') ? line.slice(6) : line.slice(5);
    data = data === null ? value : `${data}\n${value}`;
  }
  return data;
}
