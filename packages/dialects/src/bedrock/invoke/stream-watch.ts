import type { Failure } from '../../canonical/answer.ts';
import { Garbled } from '../../canonical/feature.ts';
import type { StreamWatcher, WireHeaders } from '../../codec.ts';
import type { Extra, Usage } from '../../dialect.ts';
import { withExtras } from '../../extras.ts';
import { isObject } from '../../openai/accumulate.ts';
import { TIER_HEADER } from '../answer-decode.ts';
import { FrameReader, type Frame } from '../event-stream/reader.ts';
import { readStreamFailure } from '../failure.ts';
import { payloadOf } from '../frame-payload.ts';
import { invokeExtras, METRICS_MEMBER, readMetrics } from './usage.ts';

/** `{"type":"content_block_delta`, as far as it fills whole groups of base64: the ordinary event of Claude. */
const CLAUDE_DELTA = Buffer.from(
  `{"bytes":"${Buffer.from('{"type":"content_block_delta').subarray(0, 27).toString('base64')}`,
);

/** Hands the model's own events to a watcher of their form. Where the form is not known, chunks are counted, and Bedrock's count is read. */
export class InvokeStreamWatcher implements StreamWatcher {
  failure: Failure | null = null;
  readonly tierWord: string | undefined;

  readonly #inner: StreamWatcher | null;
  readonly #extras: readonly Extra[];
  readonly #frames = new FrameReader();
  #chunks = 0;
  #metrics: Usage | null = null;

  constructor(inner: StreamWatcher | null, headers: WireHeaders) {
    this.#inner = inner;
    this.tierWord = headers[TIER_HEADER];
    this.#extras = invokeExtras(headers);
  }

  get tokens(): number {
    return this.#chunks + (this.#inner?.tokens ?? 0);
  }

  get usage(): Usage | null {
    return withExtras(this.#inner?.usage ?? this.#metrics, this.#extras);
  }

  get marked(): boolean {
    return this.#metrics !== null || this.#inner?.marked === true;
  }

  get whole(): boolean {
    return this.#metrics !== null || this.#inner?.whole === true;
  }

  push(bytes: Buffer): void {
    for (const frame of this.#frames.push(bytes)) this.#look(frame);
  }

  #look(frame: Frame): void {
    if (frame.kind.message !== 'event') {
      this.failure = readStreamFailure(frame.kind, frame.payload);
      return;
    }
    if (frame.kind.name !== 'chunk') return;
    if (CLAUDE_DELTA.equals(frame.payload.subarray(0, CLAUDE_DELTA.length))) this.#chunks += 1;
    else this.#open(frame);
  }

  #open(frame: Frame): void {
    const { bytes } = payloadOf(frame);
    if (typeof bytes !== 'string') throw new Garbled('a chunk has no bytes');
    const text = Buffer.from(bytes, 'base64').toString();
    if (text.includes(METRICS_MEMBER)) this.#metrics = metricsIn(text) ?? this.#metrics;
    if (this.#inner === null) this.#chunks += 1;
    else this.#inner.push(Buffer.from(`data: ${text.replaceAll('\n', ' ')}\n\n`));
  }
}

/** Null: the text only speaks of it. */
function metricsIn(text: string): Usage | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? readMetrics(value[METRICS_MEMBER]) : null;
  } catch {
    return null;
  }
}
