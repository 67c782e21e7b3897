import type { StreamPart } from '../../canonical/answer.ts';
import type { StreamEncoder } from '../../codec.ts';
import { SseReader } from '../../sse/reader.ts';
import { frameOf } from '../event-stream/frame.ts';
import { eventHead } from '../event-stream/head.ts';

const CHUNK = eventHead('chunk');

/** The events of the model's own stream, each in base64 in a frame. The mark at the end of OpenAI's is none of them. */
export class InvokeStreamEncoder implements StreamEncoder {
  readonly #inner: StreamEncoder;
  readonly #events = new SseReader();

  constructor(inner: StreamEncoder) {
    this.#inner = inner;
  }

  write(parts: readonly StreamPart[]): Buffer {
    return this.#framed(this.#inner.write(parts));
  }

  end(): Buffer {
    return this.#framed(this.#inner.end());
  }

  #framed(bytes: Buffer): Buffer {
    const events = this.#events.push(bytes).filter((data) => data !== '[DONE]');
    const frames = events.map((data) => frameOf(CHUNK, `{"bytes":"${Buffer.from(data).toString('base64')}"}`));
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }
}
