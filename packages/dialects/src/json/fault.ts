/** Where and why a text is not the JSON that was expected. Thrown by the skipping functions, caught by the scans. */
export class JsonFault extends Error {
  readonly offset: number;

  constructor(offset: number, detail: string) {
    super(detail);
    this.name = 'JsonFault';
    this.offset = offset;
  }
}

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in bytes: editors that count characters differ on lines that are not ASCII. */
  readonly column: number;
}

const LF = 10;

export function positionOf(body: Buffer, offset: number): Position {
  let line = 1;
  let lineStart = 0;
  for (let at = body.indexOf(LF); at >= 0 && at < offset; at = body.indexOf(LF, at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** One byte as an error can show it: quoted where it is printable. */
export function showByte(byte: number): string {
  return byte > 32 && byte < 127 ? `'${String.fromCharCode(byte)}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}
