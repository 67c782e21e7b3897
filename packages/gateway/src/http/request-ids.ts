import { randomBytes } from 'node:crypto';

const PREFIX_BYTES = 6;

/** Unique over processes and restarts by a random prefix, within the process by counting: no randomness per request. */
export class RequestIds {
  readonly #prefix: string = `req_${randomBytes(PREFIX_BYTES).toString('hex')}`;
  #count = 0;

  next(): string {
    this.#count += 1;
    return this.#prefix + this.#count.toString(36).padStart(7, '0');
  }
}
