/**
 * What an engine can do wrong to one request.
 * refuse             answers with this status and an error body, before any work
 * hang               takes the request and never answers; ends when the client leaves
 * garbage            answers 200 with a body that is neither JSON nor events
 * slow-first-token   waits this long (wall time) before the request enters the engine
 * die                destroys the socket after so many tokens, headers sent or not
 * truncate           ends a stream cleanly after so many tokens, without finish and without the closing mark
 * stall              sends nothing more after so many tokens, socket open; the engine goes on
 * error-event        tells an error inside the stream after so many tokens, and ends it
 */
export type Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly message?: string; readonly retryAfterS?: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'slow-first-token'; readonly delayMs: number }
  | { readonly kind: 'die'; readonly afterTokens: number }
  | { readonly kind: 'truncate'; readonly afterTokens: number }
  | { readonly kind: 'stall'; readonly afterTokens: number }
  | { readonly kind: 'error-event'; readonly afterTokens: number };

/**
 * Faults for the next requests, in order: a chaos control for tests of whatever stands in front of the engine. Only
 * generation endpoints take from it, never health, models or metrics. In process only; nothing on the wire reaches it.
 */
export class FaultPlan {
  readonly #planned: Fault[] = [];

  /** The next `count` requests that have no fault yet each get this one. */
  inject(fault: Fault, count = 1): void {
    for (let index = 0; index < count; index++) this.#planned.push(fault);
  }

  /** Requests that are still to be hit. */
  get pending(): number {
    return this.#planned.length;
  }

  clear(): void {
    this.#planned.length = 0;
  }

  /** The fault of the request that just came. */
  take(): Fault | undefined {
    return this.#planned.shift();
  }
}
