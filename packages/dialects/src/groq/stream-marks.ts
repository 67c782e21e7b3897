/** What the marks are about, of a parsed chunk. */
export interface MarkedChunk {
  readonly choices?: unknown;
  readonly usage?: unknown;
}

const OPENING = 'data: {';

/**
 * What Groq's streams tell in `x_groq`, for an engine's stream that is told as Groq's: the request's id on the first chunk, and with the
 * finish the usage. Engines tell their usage after the finish, so the chunk that has the finish waits for it.
 */
export class GroqMarks {
  readonly #id: string;
  #begun = false;
  #told = false;
  /** The event that finished a choice. */
  #held: string | null = null;

  constructor(id: string) {
    this.#id = id;
  }

  /**
   * What to send for an event. `event`: as it would be sent without marks, or null where the client is not to see it. `usage`: what is told
   * in it, or null.
   */
  take(event: string | null, { choices }: MarkedChunk, usage: object | null): string {
    const isFirst = !this.#begun && event !== null;
    if (isFirst) this.#begun = true;
    if (Array.isArray(choices) && choices.length > 0) {
      const before = this.rest();
      if (event === null) return before;
      if (!choices.some(finishes)) return before + (isFirst ? this.#marked(event, null) : event);
      if (usage !== null) return before + this.#marked(event, usage);
      this.#held = event;
      return before;
    }
    if (usage === null || this.#told) return isFirst ? this.#marked(event, null) : (event ?? '');
    if (this.#held === null) return event === null ? '' : this.#marked(event, usage);
    const finish = this.#marked(this.#held, usage);
    this.#held = null;
    return finish + (event ?? '');
  }

  /** What waited for a usage that does not come; may be empty. */
  rest(): string {
    const held = this.#held;
    if (held === null) return '';
    this.#held = null;
    return this.#marked(held, null);
  }

  /** Another run takes up the answer; `anew`: from its beginning. */
  nextRun(anew: boolean): void {
    this.#held = null;
    this.#told = false;
    if (anew) this.#begun = false;
  }

  #marked(event: string, usage: object | null): string {
    if (usage !== null) this.#told = true;
    const mark = JSON.stringify({ id: this.#id, ...(usage === null ? {} : { usage }) });
    return `${OPENING}"x_groq":${mark},${event.slice(OPENING.length)}`;
  }
}

function finishes(choice: { readonly finish_reason?: unknown } | null): boolean {
  return choice?.finish_reason !== null && choice?.finish_reason !== undefined;
}
