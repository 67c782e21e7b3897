import type { IncomingMessage } from 'node:http';

export interface BodyReader {
  /** The whole body in one piece. */
  complete(body: Buffer): void;
  /** More than `bytesMax` came, or was announced. The rest is not read. */
  tooLarge(): void;
  /** The sender took longer than `readMsMax`. */
  tooSlow(): void;
}

/**
 * Reads a request body into one buffer. An announced length is filled in place, so that a large body is copied once; a body
 * without a length is collected and joined. A sender that goes away ends the request elsewhere: the returned function stops the reading, and nothing is called.
 */
export function readBody(req: IncomingMessage, bytesMax: number, readMsMax: number, reader: BodyReader): () => void {
  const announced = Number(req.headers['content-length'] ?? Number.NaN);
  if (announced > bytesMax) {
    reader.tooLarge();
    return () => undefined;
  }
  const known = Number.isSafeInteger(announced);
  const pieces: Buffer[] = [];
  let whole: Buffer | null = null;
  let size = 0;
  const timer = setTimeout(() => {
    stop();
    req.pause();
    reader.tooSlow();
  }, readMsMax);

  const stop = (): void => {
    clearTimeout(timer);
    req.off('data', onData);
    req.off('end', onEnd);
  };
  const onData = (piece: Buffer): void => {
    size += piece.length;
    if (size > bytesMax) {
      stop();
      req.pause();
      reader.tooLarge();
      return;
    }
    // A small body comes as one piece and is not copied at all.
    if (!known || (whole === null && size === announced)) pieces.push(piece);
    else {
      whole ??= Buffer.allocUnsafe(announced);
      piece.copy(whole, size - piece.length);
    }
  };
  const onEnd = (): void => {
    stop();
    reader.complete(whole ?? (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size)));
  };
  req.on('data', onData);
  req.on('end', onEnd);
  return stop;
}
