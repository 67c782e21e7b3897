/** Bodies below this are cheap to allocate; above the largest class they are rare. Both go without. */
const SLAB_BYTES_MIN = 64 * 1024;
const SLAB_BYTES_MAX = 16 * 1024 * 1024;
/** What is kept ready for the next bodies. */
const KEPT_BYTES_MAX = 128 * 1024 * 1024;

/**
 * Memory for large request bodies, used again and again. Allocating a megabyte per request makes the garbage collector mark the
 * whole heap every few requests, which costs more than the copying of the body itself.
 */
export class BodyMemory {
  /** Free slabs by size; sizes are powers of two. */
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #lent = new WeakSet<ArrayBufferLike>();
  readonly #readingBytesMax: number;
  #keptBytes = 0;
  #readingBytes = 0;

  /** `readingBytesMax`: of all bodies that are not complete yet, however many senders there are. */
  constructor(readingBytesMax: number) {
    this.#readingBytesMax = readingBytesMax;
  }

  /** Bytes came, or, when negative, are no longer those of an incomplete body. False when there is no room for more. */
  received(bytes: number): boolean {
    this.#readingBytes += bytes;
    return this.#readingBytes <= this.#readingBytesMax;
  }

  /** Its contents are whatever the last body left there: the caller fills all of it. */
  take(bytes: number): Buffer {
    if (bytes < SLAB_BYTES_MIN || bytes > SLAB_BYTES_MAX) return Buffer.allocUnsafe(bytes);
    const size = sizeOf(bytes);
    let slab = this.#free.get(size)?.pop();
    if (slab === undefined) slab = new ArrayBuffer(size);
    else this.#keptBytes -= size;
    this.#lent.add(slab);
    return Buffer.from(slab, 0, bytes);
  }

  /**
   * Takes a body back. Only for a request whose answer is whole: then the engine has read the body, and nothing of it waits in a
   * socket any more. A body that is not given back is the garbage collector's.
   */
  give(body: Buffer): void {
    const slab = body.buffer;
    if (!(slab instanceof ArrayBuffer) || !this.#lent.delete(slab)) return;
    const size = slab.byteLength;
    if (this.#keptBytes + size > KEPT_BYTES_MAX) return;
    this.#keptBytes += size;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [slab]);
    else free.push(slab);
  }
}

function sizeOf(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes));
}
