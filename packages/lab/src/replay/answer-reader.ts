import { SseReader } from '@offpeak/dialects';

interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: unknown; readonly reasoning_content?: unknown; readonly reasoning?: unknown };
  }[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
  readonly service_tier?: unknown;
  readonly error?: unknown;
}

/** Reads a streamed chat completion for its times and counts; the text itself is dropped. */
export class AnswerReader {
  /** Null before the first token, by whatever clock `push` is told. */
  firstTokenAt: number | null = null;
  lastTokenAt = 0;
  /** Events that carried text: as many tokens, from engines that send each by itself. */
  pieces = 0;
  /** As the server counted; null while it has not said. */
  inputTokens: number | null = null;
  outputTokens: number | null = null;
  /** The tier's word in the answer; null while it has not said. */
  servedWord: string | null = null;
  /** What went wrong after the status was sent. */
  error: { readonly code: string } | null = null;
  done = false;
  readonly #events = new SseReader();

  /** Says how many pieces of text the bytes had. */
  push(bytes: Buffer, at: number): number {
    const before = this.pieces;
    for (const data of this.#events.push(bytes)) this.#event(data, at);
    return this.pieces - before;
  }

  #event(data: string, at: number): void {
    if (data === '[DONE]') {
      this.done = true;
      return;
    }
    const chunk = JSON.parse(data) as Chunk;
    if (chunk.error !== undefined && chunk.error !== null) {
      this.error = { code: codeOf(chunk.error) };
      return;
    }
    if (typeof chunk.service_tier === 'string') this.servedWord = chunk.service_tier;
    const { usage } = chunk;
    if (typeof usage?.prompt_tokens === 'number') this.inputTokens = usage.prompt_tokens;
    if (typeof usage?.completion_tokens === 'number') this.outputTokens = usage.completion_tokens;
    const delta = chunk.choices?.[0]?.delta;
    // Engines name the text of a model's thinking in either way; it is generated, and waited for, like any other.
    if (!isText(delta?.content) && !isText(delta?.reasoning_content) && !isText(delta?.reasoning)) return;
    this.firstTokenAt ??= at;
    this.lastTokenAt = at;
    this.pieces += 1;
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function codeOf(error: unknown): string {
  const { code, type } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    type?: unknown;
  };
  return [code, type].find((word) => typeof word === 'string') ?? 'error';
}
