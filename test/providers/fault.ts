/** A provider's no, as it was recorded: status, body and the headers that come with it. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * What a fake does instead of answering well. Events count what a stream has between two frames' ends; an answer in one piece is one event.
 * What needs events does its nearest to an answer in one piece.
 */
export type Fault =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** Nothing, not even headers, for so long; then as usual. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The same until the test says so. */
  | { readonly kind: 'wait'; readonly until: Promise<unknown> }
  /** Nothing at all until the caller gives up. */
  | { readonly kind: 'hang' }
  /** Headers and some events, then nothing until the caller gives up. */
  | { readonly kind: 'stall'; readonly afterEvents: number }
  /** The socket is destroyed before any answer. */
  | { readonly kind: 'reset' }
  /** The socket is destroyed in the middle. */
  | { readonly kind: 'die'; readonly afterEvents: number }
  /** A clean end that comes too early; without a number, where the wire's end mark would begin. */
  | { readonly kind: 'truncate'; readonly afterEvents?: number }
  /** An event, or the whole answer, whose JSON is cut. */
  | { readonly kind: 'malformed-json'; readonly afterEvents?: number }
  /** A page for people, as a load balancer shows it. */
  | { readonly kind: 'html'; readonly status: number }
  /** 200 and nothing. */
  | { readonly kind: 'empty' }
  /** The right answer under another content type. */
  | { readonly kind: 'content-type'; readonly type: string }
  /** Bytes that belong to no wire. */
  | { readonly kind: 'garbage'; readonly afterEvents: number }
  /** Bytes of the test's own between two events; `ends`: nothing follows them. */
  | { readonly kind: 'insert'; readonly afterEvents: number; readonly bytes: Buffer; readonly ends?: boolean }
  /** One event as a test wants its bytes; `ends`: nothing follows it. */
  | {
      readonly kind: 'mangle';
      readonly event: number;
      readonly how: (bytes: Buffer) => Buffer;
      readonly ends?: boolean;
    }
  /** All of the answer in writes of so many bytes, one by default. */
  | { readonly kind: 'trickle'; readonly bytes?: number }
  /** So long between two events. */
  | { readonly kind: 'pace'; readonly ms: number }
  /** The provider fails after it said 200: the refusal in the form that it has inside a stream. */
  | { readonly kind: 'error-event'; readonly afterEvents: number; readonly refusal: Refusal };

export function refuse(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Fault {
  return { kind: 'refuse', refusal: { ...refusal, headers: { ...refusal.headers, ...headers } } };
}

/** The faults that are still to come, in order, and the one that comes whenever there is no other. */
export class FaultPlan {
  readonly #queue: Fault[] = [];
  #always: Fault | undefined;

  next(fault: Fault, times = 1): void {
    for (let index = 0; index < times; index += 1) this.#queue.push(fault);
  }

  always(fault: Fault | null): void {
    this.#always = fault ?? undefined;
  }

  take(): Fault | undefined {
    return this.#queue.shift() ?? this.#always;
  }

  clear(): void {
    this.#queue.length = 0;
    this.#always = undefined;
  }
}
