import type { IncomingMessage } from 'node:http';
import type { BodyMemory } from './body-memory.ts';
import type { LongTimers } from './long-timers.ts';

export interface BodyReader {
  /** The whole body in one piece. */
  readonly complete: (body: Buffer) => void;
  /** More than `bytesMax` came, or was announced. The rest is not read. */
  readonly tooLarge: () => void;
  /** The sender took longer than `readMsMax`. */
  readonly tooSlow: () => void;
  /** All senders together are sending more than may be held. */
  readonly noRoom: () => void;
}

/**
 * Reads a request body into one buffer. An announced length is filled in place, so that a large body is copied once; a body
 * without a length is collected and joined. A sender that goes away ends the request elsewhere: the returned function stops the
 * reading, and nothing is called.
 */
export function readBody(
  req: IncomingMessage,
  memory: BodyMemory,
  timers: LongTimers,
  bytesMax: number,
  readMsMax: number,
  reader: BodyReader,
): () => void {
  const announced = Number(req.headers['content-length'] ?? Number.NaN);
  if (announced > bytesMax) {
    reader.tooLarge();
    return () => undefined;
  }
  const known = Number.isSafeInteger(announced);
  const pieces: Buffer[] = [];
  let whole: Buffer | null = null;
  let size = 0;
  const timer = timers.after(readMsMax, () => {
    refuse(reader.tooSlow);
  });

  const stop = (): void => {
    timer.cancel();
    memory.received(-size);
    size = 0;
    req.off('data', onData);
    req.off('end', onEnd);
  };
  const refuse = (say: () => void): void => {
    stop();
    req.pause();
    say();
  };
  const onData = (piece: Buffer): void => {
    size += piece.length;
    const fits = memory.received(piece.length);
    if (size > bytesMax || !fits) {
      refuse(size > bytesMax ? reader.tooLarge : reader.noRoom);
      return;
    }
    // A small body comes as one piece and is not copied at all.
    if (!known || (whole === null && size === announced)) pieces.push(piece);
    else {
      whole ??= memory.take(announced);
      piece.copy(whole, size - piece.length);
      discard(piece);
    }
  };
  const onEnd = (): void => {
    const body = whole ?? (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size));
    stop();
    reader.complete(body);
  };
  req.on('data', onData);
  req.on('end', onEnd);
  return stop;
}

/**
 * Gives the memory of a copied piece back at once. Left to the garbage collector, the pieces of large bodies make it run several
 * times as often. Only where the piece is all of its buffer: the rest of a shared one may hold the next request.
 */
function discard(piece: Buffer): void {
  const { buffer } = piece;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.length) buffer.transfer(0);
}
