import type { StopReason, StreamPart } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { StreamDecoder, WireHeaders } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { EventTooLarge, SseReader } from '../sse/reader.ts';
import { candidatesOf, indexOf, isBlocked } from './answer-decode.ts';
import { callIdOf, piecesOf, type Piece } from './answer-pieces.ts';
import { streamFailure } from './failure.ts';
import { readLogprobs } from './logprobs.ts';
import { parseGemini } from './parse.ts';
import { readStop } from './stop-reasons.ts';
import { TIER_HEADER } from './tiers.ts';
import { readTierWord, readUsage } from './usage.ts';

/** Only calls have numbers that are not the wire's own. */
const CALL_SIGN = '"functionCall"';

/** More candidates than any model gives; an index is not believed beyond it. */
const choicesMax = 256;

interface ChoiceSoFar {
  calls: number;
  finished: boolean;
}

/**
 * Every chunk is an answer of its own form, with what came since the one before. There is no end mark: the last chunk of a candidate has
 * its finish reason.
 */
export class GeminiStreamDecoder implements StreamDecoder {
  readonly #reader = new SseReader();
  readonly #choices = new Map<number, ChoiceSoFar>();
  #tierWord: string | undefined;
  #responseId: string | undefined;
  #usage: Usage | null = null;
  #told: Usage | null = null;
  #started = false;
  #finished = false;
  #failed = false;

  constructor(headers: WireHeaders) {
    this.#tierWord = headers[TIER_HEADER];
  }

  push(bytes: Buffer): StreamPart[] {
    const parts: StreamPart[] = [];
    for (const data of this.#read(bytes)) {
      if (this.#failed) break;
      if (data !== '') this.#chunk(parseChunk(data), parts);
    }
    return parts;
  }

  #read(bytes: Buffer): string[] {
    try {
      return this.#reader.push(bytes);
    } catch (error) {
      if (error instanceof EventTooLarge) throw new Garbled(error.message);
      throw error;
    }
  }

  #chunk(chunk: JsonObject, parts: StreamPart[]): void {
    const { error, usageMetadata } = chunk;
    if (error !== undefined && error !== null) {
      this.#failed = true;
      parts.push({ kind: 'error', failure: streamFailure(error) });
      return;
    }
    this.#tierWord = readTierWord(usageMetadata) ?? this.#tierWord;
    this.#usage = readUsage(usageMetadata) ?? this.#usage;
    if (!this.#started) parts.push(this.#start(chunk));
    candidatesOf(chunk).forEach((candidate, position) => {
      this.#candidate(candidate, indexOf(candidate, position), parts);
    });
    if (isBlocked(chunk) && this.#choices.size === 0) {
      this.#finish(0, 'filtered', parts);
    }
    // Counts grow with every chunk; they are whole once something finished.
    if (!this.#finished || this.#usage === null || this.#usage === this.#told) return;
    this.#told = this.#usage;
    parts.push({ kind: 'usage', usage: this.#usage, ...this.#tier() });
  }

  #start({ responseId: id, modelVersion: model }: JsonObject): StreamPart {
    this.#started = true;
    if (typeof id === 'string' && id !== '') this.#responseId = id;
    return {
      kind: 'start',
      ...(this.#responseId === undefined ? {} : { id: this.#responseId }),
      ...(typeof model === 'string' ? { model } : {}),
      ...(this.#usage === null ? {} : { usage: this.#usage }),
      ...this.#tier(),
    };
  }

  #tier(): { tierWord?: string } {
    return this.#tierWord === undefined ? {} : { tierWord: this.#tierWord };
  }

  #known(index: number): ChoiceSoFar {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      if (index >= choicesMax)
        throw new Garbled(`the answer has a candidate ${index}; more than ${choicesMax} are not believed`);
      choice = { calls: 0, finished: false };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  #candidate(candidate: JsonObject, index: number, parts: StreamPart[]): void {
    const choice = this.#known(index);
    if (choice.finished) return;
    // Probabilities are of the chunk's tokens, whatever parts they made.
    let logprobs = readLogprobs(candidate['logprobsResult']);
    for (const piece of piecesOf(candidate)) {
      if (piece.kind === 'text' && logprobs !== undefined) {
        parts.push({ kind: 'text', choice: index, text: piece.text, logprobs });
        logprobs = undefined;
      } else this.#piece(piece, index, choice, parts);
    }
    if (logprobs !== undefined) parts.push({ kind: 'text', choice: index, text: '', logprobs });
    const reason = candidate['finishReason'];
    if (typeof reason !== 'string' || reason === 'FINISH_REASON_UNSPECIFIED') return;
    this.#finish(index, readStop(reason, choice.calls), parts);
  }

  #finish(index: number, stop: StopReason, parts: StreamPart[]): void {
    this.#known(index).finished = true;
    this.#finished = true;
    parts.push({ kind: 'finish', choice: index, stop });
  }

  #piece(piece: Piece, index: number, choice: ChoiceSoFar, parts: StreamPart[]): void {
    switch (piece.kind) {
      case 'text':
      case 'reasoning':
        parts.push({ kind: piece.kind, choice: index, text: piece.text });
        return;
      case 'state':
        parts.push({ kind: 'reasoning-state', choice: index, state: piece.state });
        return;
      case 'call': {
        const call = choice.calls;
        choice.calls += 1;
        const id = callIdOf(piece.id, this.#responseId, call);
        const state = piece.state === undefined ? {} : { state: piece.state };
        parts.push(
          { kind: 'tool-start', choice: index, call, id, name: piece.name, ...state },
          { kind: 'tool-input', choice: index, call, json: piece.input },
        );
      }
    }
  }
}

export function parseChunk(data: string): JsonObject {
  let chunk: unknown;
  try {
    chunk = data.includes(CALL_SIGN) ? parseGemini(data) : JSON.parse(data);
  } catch {
    throw new Garbled('an event of the stream is not JSON');
  }
  if (!isObject(chunk)) throw new Garbled('an event of the stream is no object');
  return chunk;
}
