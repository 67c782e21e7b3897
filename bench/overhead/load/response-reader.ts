const headEnd = Buffer.from('\r\n\r\n');
const chunkedEnd = '\r\n0\r\n\r\n';

/**
 * Finds the end of one unary response after the other on a connection, without keeping their bodies. A chunked body ends
 * where the received bytes end with the terminator: JSON bodies cannot contain a bare CR LF.
 */
export class ResponseReader {
  /** Of the response that was last begun. */
  status = 0;
  // Reading a head: the bytes of it so far. Empty while reading a body.
  #head: Buffer = Buffer.alloc(0);
  // Reading a body: bytes still to come; Infinity while chunked. -1 while reading a head.
  #bodyLeftBytes = -1;
  #tail = '';

  /** True when `data` completes the response; the next call then begins another. */
  feed(data: Buffer): boolean {
    let body = data;
    if (this.#bodyLeftBytes === -1) {
      const bytes = this.#head.length === 0 ? data : Buffer.concat([this.#head, data]);
      const end = bytes.indexOf(headEnd);
      if (end === -1) {
        // The caller reuses its buffer, so what stays must be copied.
        this.#head = Buffer.from(bytes);
        return false;
      }
      this.#readHead(bytes.toString('latin1', 0, end));
      body = bytes.subarray(end + headEnd.length);
    }
    if (this.#bodyLeftBytes === Infinity) {
      this.#tail = (this.#tail + body.toString('latin1', Math.max(0, body.length - chunkedEnd.length))).slice(
        -chunkedEnd.length,
      );
      if (this.#tail === chunkedEnd) this.#bodyLeftBytes = 0;
    } else {
      this.#bodyLeftBytes -= body.length;
    }
    if (this.#bodyLeftBytes > 0) return false;
    this.#bodyLeftBytes = -1;
    return true;
  }

  #readHead(head: string): void {
    this.#head = Buffer.alloc(0);
    this.#tail = '\r\n';
    this.status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    this.#bodyLeftBytes = length === null ? Infinity : Number(length[1]);
  }
}
