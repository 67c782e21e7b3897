import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { TraceProblem } from '../problem.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';

/** A path on disk, and what its first bytes say that it is. */
export interface Source {
  readonly path: string;
  readonly kind: 'folder' | 'archive' | 'lines';
  readonly gzipped: boolean;
}

const GZIP_MAGIC = 0x1f8b;
const TAR_MAGIC = { text: 'ustar', from: 257 } as const;

/** Enough for a tar header, packed or not. */
const HEAD_BYTES = 4_096;

export async function sourceAt(path: string): Promise<Source> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { path, kind: 'folder', gzipped: false };
    if (found.size > TRACE_LIMITS.fileBytesMax) {
      const expected = `at most ${TRACE_LIMITS.fileBytesMax} bytes (fileBytesMax)`;
      throw new TraceProblem({ file: path, what: 'its size', found: String(found.size), expected });
    }
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      const head = buffer.subarray(0, bytesRead);
      const gzipped = bytesRead > 2 && head.readUInt16BE() === GZIP_MAGIC;
      return { path, kind: isTar(gzipped ? unpackedHead(head) : head) ? 'archive' : 'lines', gzipped };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileProblem(path, error);
  }
}

function isTar(head: Buffer): boolean {
  return head.toString('latin1', TAR_MAGIC.from, TAR_MAGIC.from + TAR_MAGIC.text.length) === TAR_MAGIC.text;
}

/** A damaged gzip is told when it is read. */
function unpackedHead(head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return Buffer.alloc(0);
  }
}

/** The file's bytes, unpacked where it is a gzip. */
export async function* chunksOf(source: Source): AsyncGenerator<Buffer> {
  const file = createReadStream(source.path, { highWaterMark: 2 ** 18 });
  const stream = source.gzipped ? file.pipe(createGunzip({ chunkSize: 2 ** 18 })) : file;
  file.on('error', (error) => stream.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > TRACE_LIMITS.unpackedBytesMax) {
        const expected = `at most ${TRACE_LIMITS.unpackedBytesMax} bytes (unpackedBytesMax)`;
        throw new TraceProblem({ file: source.path, what: 'its unpacked size', found: `over ${bytes}`, expected });
      }
      yield chunk;
    }
  } catch (error) {
    throw fileProblem(source.path, error);
  } finally {
    // A reader that has seen enough leaves in the middle; closing what unpacks does not close what it reads from.
    stream.destroy();
    file.destroy();
  }
}

/** Calls back with each line, its end stripped, counted from 1, until the file ends or the callback says false. */
export async function eachLine(source: Source, onLine: (text: string, line: number) => boolean): Promise<void> {
  const decoder = new TextDecoder();
  let line = 0;
  let rest = '';
  for await (const chunk of chunksOf(source)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const text of lines) {
      line += 1;
      if (!onLine(withoutReturn(text), line)) return;
    }
    if (rest.length > TRACE_LIMITS.lineCharsMax) {
      const expected = `lines of at most ${TRACE_LIMITS.lineCharsMax} characters (lineCharsMax)`;
      throw new TraceProblem({ file: source.path, line: line + 1, what: 'a line', found: rest, expected });
    }
  }
  // The last line of some traces has no end.
  rest += decoder.decode();
  if (rest !== '') onLine(withoutReturn(rest), line + 1);
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function fileProblem(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TraceProblem) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TraceProblem({ file, what: 'the path', found: file, expected: 'a file or folder that exists' });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new TraceProblem({ file, what: 'the path', found: file, expected: 'a file that may be read' });
  }
  if (code === 'Z_BUF_ERROR') {
    const found = 'cut off before its end';
    return new TraceProblem({ file, what: 'the gzip', found, expected: 'a whole file; fetch or copy it again' });
  }
  if (code.startsWith('Z_')) {
    return new TraceProblem({ file, what: 'the gzip', found: error.message, expected: 'a gzip that is not damaged' });
  }
  return error;
}
