// The bytes of the benchmark that its processes agree on: what a client of OpenAI's chat completions asks, and how chunks are marked.

export const modelName = 'fake-model';
export const chatPath = '/v1/chat/completions';

export const systemText = 'You are a helpful assistant.';
const sentence = 'Summarise the quarterly report for the board, name each risk and say \\"why\\" it matters.\\n';

export interface ChatRequest {
  readonly bytes: number;
  readonly stream: boolean;
}

/** What a client of one wire asks. */
export interface Asks {
  path(stream: boolean): string;
  body(request: ChatRequest): Buffer;
}

/** A chat request of exactly `bytes` bytes, whose bulk is a user message of prose with escapes in it. */
export function chatRequestBody({ bytes, stream }: ChatRequest, model: string = modelName): Buffer {
  const before =
    `{"model":"${model}",` +
    (stream ? '"stream":true,"stream_options":{"include_usage":true},' : '') +
    `"max_tokens":256,"temperature":0.7,"messages":[{"role":"system","content":"${systemText}"},` +
    '{"role":"user","content":"';
  return filledTo(bytes, before, '"}]}');
}

/** Prose between `before` and `after`, as a JSON string has it, so that the whole is of exactly `bytes` bytes. */
export function filledTo(bytes: number, before: string, after: string): Buffer {
  const contentBytes = bytes - before.length - after.length;
  if (contentBytes < 0) throw new RangeError(`A chat request takes at least ${bytes - contentBytes} bytes`);
  const sentences = Math.floor(contentBytes / sentence.length);
  const content = sentence.repeat(sentences).padEnd(contentBytes, 'x');
  return Buffer.from(before + content + after, 'latin1');
}

export const chatAsks: Asks = { path: () => chatPath, body: (request) => chatRequestBody(request) };

const sentAtDigits = 16;
/**
 * Marks a token and its send time inside a chunk. The clock counts microseconds since the machine started, so that its 16 digits begin with
 * two zeros for three years. The JSON that upstreams send has these bytes nowhere else; a checksum of an event stream, one time in millions.
 */
export const tokenMark: Buffer = Buffer.from('@00');

/** The clock that both processes share (CLOCK_MONOTONIC), in microseconds. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** The text of one token. */
export function tokenText(sentAtUs: number): string {
  return ` @${String(sentAtUs).padStart(sentAtDigits, '0')}`;
}

/** The send time of the token whose mark stands at `mark`; undefined where the bytes end inside it. */
export function sentAtUsOf(data: Buffer, mark: number): number | undefined {
  const end = mark + 1 + sentAtDigits;
  return end > data.length ? undefined : Number(data.toString('latin1', mark + 1, end));
}
