import type { Failure } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { StreamWatcher } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { SSE } from '../sse/form.ts';
import { eventData, eventEnd } from '../sse/frame.ts';
import { EVENT_BYTES_MAX } from '../sse/reader.ts';
import { Unfinished } from '../sse/unfinished.ts';
import { streamFailure } from './failure.ts';
import { parseEvent } from './stream-event.ts';
import { readCounts, tierWordOf, usageOf, withContainer, type Counts } from './usage.ts';

/** The ordinary events of a stream are known by how they begin. */
const DELTA = Buffer.from('event: content_block_delta');
/** Where a block begins or ends. */
const BLOCK = Buffer.from('event: content_block_st');

/** Parses the first event of a message, its ending and what is unusual; the rest is told apart by its first bytes. */
export class AnthropicStreamWatcher implements StreamWatcher {
  tokens = 0;
  /** The count at the end; the one at the beginning knows the prompt only. */
  usage: Usage | null = null;
  tierWord: string | undefined;
  failure: Failure | null = null;
  marked = false;

  #stopped = false;
  #counts: Counts = {};
  readonly #unfinished = new Unfinished();

  get whole(): boolean {
    return this.marked || this.#stopped;
  }

  push(bytes: Buffer): void {
    const input = this.#unfinished.with(bytes, SSE.mayEnd);
    if (input !== null) this.#events(input);
    if (this.#unfinished.size > EVENT_BYTES_MAX)
      throw new Garbled(`a stream event is larger than ${EVENT_BYTES_MAX} bytes`);
  }

  #events(input: Buffer): void {
    let start = 0;
    for (let end = eventEnd(input, 0); end >= 0; end = eventEnd(input, start)) {
      if (beginsWith(input, start, DELTA)) this.tokens += 1;
      else if (!beginsWith(input, start, BLOCK)) this.#look(input, start, end);
      start = end;
    }
    if (start < input.length) this.#unfinished.keep(input.subarray(start));
  }

  #look(input: Buffer, start: number, end: number): void {
    const data = eventData(input, start, end);
    if (data === null || data === '') return;
    const event = parseEvent(data);
    switch (event['type']) {
      case 'content_block_delta':
        this.tokens += 1;
        break;
      case 'message_start':
        if (isObject(event['message'])) this.#count(event['message'], event['message']);
        break;
      case 'message_delta':
        this.#count(event, event['delta']);
        this.usage = usageOf(this.#counts);
        if (isObject(event['delta']) && typeof event['delta']['stop_reason'] === 'string') this.#stopped = true;
        break;
      case 'message_stop':
        this.marked = true;
        break;
      case 'error':
        this.failure = streamFailure(event['error']);
    }
  }

  #count({ usage }: JsonObject, told: unknown): void {
    this.#counts = withContainer(readCounts(usage, this.#counts), told);
    this.tierWord = tierWordOf(usage) ?? this.tierWord;
  }
}

function beginsWith(input: Buffer, start: number, word: Buffer): boolean {
  for (let i = 0; i < word.length; i += 1) if (input[start + i] !== word[i]) return false;
  return true;
}
