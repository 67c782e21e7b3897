import type { StopReason, StreamPart, TokenLogprob } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import { InTurn } from '../canonical/in-turn.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { AnswerIdentity, StreamEncoder } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { EVENT_BYTES_MAX } from '../sse/reader.ts';
import { contentOf, readArgs } from './answer-encode.ts';
import { writeLogprobs } from './logprobs.ts';
import { answeredCall } from './parts-encode.ts';
import { signatureOf } from './signature.ts';
import { writeFinish } from './stop-reasons.ts';
import { writeUsage } from './usage.ts';

interface Call {
  readonly id: string;
  readonly name: string;
  readonly state: OpaqueState | undefined;
  input: string;
}

/** What has to be remembered of a choice from part to part. */
interface ChoiceSoFar {
  /** Calls that were not written yet. The wire tells a call whole, and calls that are made together in one chunk. */
  calls: Call[];
  readonly malformed: string[];
  /** The part before was a thought, which a signature can close. */
  thinking: boolean;
  stop: StopReason;
}

const HEAD = 'data: {"candidates":[{"content":{"parts":[';
const ROLE = '],"role":"model"}';

/**
 * Finishes wait for the end, so that the last chunk has them together with usage and tier, as Gemini's own: the SDK's chats take a chunk
 * without content for a broken answer.
 */
export class GeminiStreamEncoder implements StreamEncoder {
  readonly #turns = new InTurn();
  readonly #as: AnswerIdentity;
  readonly #identity: string;
  readonly #choices = new Map<number, ChoiceSoFar>();
  #usage: Usage | null = null;

  constructor(as: AnswerIdentity) {
    this.#as = as;
    this.#identity = `"modelVersion":${JSON.stringify(as.model)},"responseId":${JSON.stringify(as.id)}}\n\n`;
  }

  write(parts: readonly StreamPart[]): Buffer {
    let out = '';
    for (const part of this.#turns.order(parts)) out += this.#say(part);
    return Buffer.from(out);
  }

  end(): Buffer {
    const candidates = [...this.#choices]
      .toSorted(([a], [b]) => a - b)
      .map(([index, choice]) => {
        const calls = this.#takeCalls(choice);
        return { ...contentOf(calls, choice.stop), ...writeFinish(choice.stop, choice.malformed), index };
      });
    const usage = JSON.stringify(writeUsage(this.#usage, this.#as.tierWord()));
    return Buffer.from(`data: {"candidates":${JSON.stringify(candidates)},"usageMetadata":${usage},${this.#identity}`);
  }

  #say(part: StreamPart): string {
    switch (part.kind) {
      case 'start':
        this.#usage = part.usage ?? null;
        return '';
      case 'text':
        return this.#text(part.choice, part.text, part.logprobs);
      // That words were a refusal is not told on this wire; the words are.
      case 'refusal':
        return this.#text(part.choice, part.text);
      case 'reasoning': {
        const before = this.#next(part.choice, true);
        return before + this.#chunk(part.choice, `{"text":${JSON.stringify(part.text)},"thought":true}`);
      }
      case 'reasoning-state':
        return this.#state(part.choice, part.state);
      case 'tool-start':
        this.#begin(part.choice, { id: part.id, name: part.name, state: part.state, input: '' });
        return '';
      case 'tool-input':
        this.#input(part.choice, part.json);
        return '';
      case 'finish':
        this.#known(part.choice).stop = part.stop;
        return '';
      case 'usage':
        this.#usage = part.usage;
        return '';
      // The gateway tells a failure in its own words, and the end when it is sure of it.
      case 'error':
      case 'end':
        return '';
    }
  }

  #text(choice: number, text: string, logprobs?: readonly TokenLogprob[]): string {
    const before = this.#next(choice, false);
    if (text === '' && logprobs === undefined) return before;
    const more = logprobs === undefined ? '' : `,"logprobsResult":${JSON.stringify(writeLogprobs(logprobs))}`;
    return before + this.#chunk(choice, `{"text":${JSON.stringify(text)}}`, more);
  }

  #state(index: number, state: OpaqueState): string {
    const thinking = this.#known(index).thinking;
    const before = this.#next(index, false);
    const thought = thinking ? ',"thought":true' : '';
    return (
      before + this.#chunk(index, `{"text":""${thought},"thoughtSignature":${JSON.stringify(signatureOf(state))}}`)
    );
  }

  #begin(index: number, call: Call): void {
    const choice = this.#known(index);
    choice.thinking = false;
    choice.calls.push(call);
  }

  #input(index: number, json: string): void {
    const call = this.#known(index).calls.at(-1);
    if (call === undefined) throw new Garbled('the input of a tool call comes before the call');
    call.input += json;
    if (call.input.length > EVENT_BYTES_MAX) {
      throw new Garbled(`the input of a tool call is larger than ${EVENT_BYTES_MAX} characters`);
    }
  }

  #known(index: number): ChoiceSoFar {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = { calls: [], malformed: [], thinking: false, stop: 'end' };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  /** Something else than a call comes next: the calls before it are complete. */
  #next(index: number, thinking: boolean): string {
    const choice = this.#known(index);
    choice.thinking = thinking;
    if (choice.calls.length === 0) return '';
    const calls = this.#takeCalls(choice);
    return calls.length === 0 ? '' : this.#chunk(index, JSON.stringify(calls).slice(1, -1));
  }

  #takeCalls(choice: ChoiceSoFar): JsonObject[] {
    const parts: JsonObject[] = [];
    for (const call of choice.calls) {
      const args = readArgs(call.input);
      if (args === undefined) choice.malformed.push(`${call.name}(${call.input})`);
      else parts.push(answeredCall(call, args, parts.length === 0));
    }
    choice.calls = [];
    return parts;
  }

  #chunk(choice: number, parts: string, more: string = ''): string {
    return `${HEAD}${parts}${ROLE},"index":${choice}${more}}],${this.#identity}`;
  }
}
