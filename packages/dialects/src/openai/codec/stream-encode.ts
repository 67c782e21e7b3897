import type { AnswerPart, StopReason, StreamPart, TokenLogprob } from '../../canonical/answer.ts';
import type { AnswerIdentity, StreamEncoder, StreamWish } from '../../codec.ts';
import type { Usage } from '../../dialect.ts';
import type { JsonObject } from '../accumulate.ts';
import { callEntry, STATE_MEMBER, thoughtEntry } from './carried-state.ts';
import { finishReason } from './finish.ts';
import type { ChatFlavour } from './flavour.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeUsage } from './usage-write.ts';

interface ChoiceSoFar {
  readonly said: Set<AnswerPart['kind']>;
  /** Of the reasoning part that goes on: its state, should one come, is kept beside it. */
  thoughts: string;
  /** All so far. SDKs let a later value of a member that they do not know replace the one before, so each has to be whole. */
  states: JsonObject[];
}

export class ChatStreamEncoder implements StreamEncoder {
  readonly #as: AnswerIdentity;
  readonly #flavour: ChatFlavour;
  readonly #includeUsage: boolean;
  readonly #choices = new Map<number, ChoiceSoFar>();
  #tierWord: string | null = null;
  /** Everything of a chunk before its choice's index, for the tier's word as it is. */
  #head = '';
  #tail: string;
  #usage: Usage | null = null;
  /** Where usage comes with the last finish, finishes wait for it. */
  #finishes: { readonly choice: number; readonly reason: string }[] = [];
  #first = true;

  constructor(as: AnswerIdentity, wish: StreamWish, flavour: ChatFlavour) {
    this.#as = as;
    this.#flavour = flavour;
    this.#includeUsage = wish.includeUsage;
    this.#tail = wish.includeUsage ? ',"usage":null}\n\n' : '}\n\n';
  }

  write(parts: readonly StreamPart[]): Buffer {
    let out = '';
    for (const part of parts) out += this.#say(part);
    return Buffer.from(out);
  }

  end(): Buffer {
    let out = '';
    this.#finishes.forEach(({ choice, reason }, index) => {
      const isLast = index === this.#finishes.length - 1;
      out += this.#chunk(choice, '{}', reason, undefined, isLast && this.#usage !== null ? this.#groqUsage() : '');
    });
    if (this.#includeUsage && this.#usage !== null) {
      const { id, object, created, model, service_tier } = this.#members();
      const chunk = { id, object, created, model, service_tier, choices: [], usage: writeUsage(this.#usage) };
      out += `data: ${JSON.stringify(chunk)}\n\n`;
    }
    return Buffer.from(`${out}data: [DONE]\n\n`);
  }

  #say(part: StreamPart): string {
    switch (part.kind) {
      case 'start':
        if (part.usage !== undefined) this.#usage = part.usage;
        return this.#announce(0);
      case 'text':
        return this.#enter(part.choice, 'text') + this.#delta(part.choice, 'content', part.text, part.logprobs);
      case 'refusal':
        return (
          this.#enter(part.choice, 'refusal') +
          this.#delta(part.choice, this.#flavour.xGroq ? 'content' : 'refusal', part.text)
        );
      case 'reasoning':
        return this.#think(part.choice, part.text);
      case 'reasoning-state': {
        const announced = this.#enter(part.choice, 'reasoning');
        const choice = this.#choices.get(part.choice)!;
        choice.states = [...choice.states, thoughtEntry(choice.thoughts, part.state)];
        choice.thoughts = '';
        return announced + this.#chunk(part.choice, `{${stateMember(choice)}}`, null);
      }
      case 'tool-start':
        return this.#enter(part.choice, 'tool-call') + this.#beginCall(part);
      case 'tool-input':
        return this.#chunk(
          part.choice,
          `{"tool_calls":[{"index":${part.call},"function":{"arguments":${JSON.stringify(part.json)}}}]}`,
          null,
        );
      case 'finish':
        return this.#finish(part.choice, part.stop);
      case 'usage':
        this.#usage = part.usage;
        return '';
      // The gateway tells a failure in its own words, and the end when it is sure of it.
      case 'error':
      case 'end':
        return '';
    }
  }

  #delta(choice: number, member: string, text: string, logprobs?: readonly TokenLogprob[]): string {
    return this.#chunk(choice, `{"${member}":${JSON.stringify(text)}}`, null, logprobs);
  }

  #think(choice: number, text: string): string {
    const announced = this.#enter(choice, 'reasoning');
    this.#choices.get(choice)!.thoughts += text;
    return announced + this.#delta(choice, this.#flavour.thoughts, text);
  }

  #beginCall(part: Extract<StreamPart, { kind: 'tool-start' }>): string {
    const choice = this.#choices.get(part.choice)!;
    const states = part.state === undefined ? [] : [callEntry(part.id, part.state)];
    choice.states = [...choice.states, ...states];
    const call = { index: part.call, id: part.id, type: 'function', function: { name: part.name, arguments: '' } };
    const member = states.length === 0 ? '' : `,${stateMember(choice)}`;
    return this.#chunk(part.choice, `{"tool_calls":[${JSON.stringify(call)}]${member}}`, null);
  }

  #finish(choice: number, stop: StopReason): string {
    const announced = this.#announce(choice);
    const reason = finishReason(stop, this.#choices.get(choice)!.said);
    if (!this.#flavour.xGroq) return announced + this.#chunk(choice, '{}', reason);
    this.#finishes.push({ choice, reason });
    return announced;
  }

  /** The role, before anything else of a choice. */
  #announce(index: number): string {
    if (this.#choices.has(index)) return '';
    this.#choices.set(index, { said: new Set(), thoughts: '', states: [] });
    const refusal = this.#flavour.xGroq ? '' : ',"refusal":null';
    const more = this.#flavour.xGroq && this.#first ? `,"x_groq":{"id":${JSON.stringify(`req_${this.#as.id}`)}}` : '';
    this.#first = false;
    return this.#chunk(index, `{"role":"assistant","content":""${refusal}}`, null, undefined, more);
  }

  /** A part of this kind comes next; thoughts that another kind follows are over. */
  #enter(index: number, kind: AnswerPart['kind']): string {
    const announced = this.#announce(index);
    const choice = this.#choices.get(index)!;
    choice.said.add(kind);
    if (kind !== 'reasoning') choice.thoughts = '';
    return announced;
  }

  #groqUsage(): string {
    const usage = this.#usage === null ? {} : { usage: writeUsage(this.#usage) };
    return `,"x_groq":${JSON.stringify({ id: `req_${this.#as.id}`, ...usage })}`;
  }

  #chunk(
    choice: number,
    delta: string,
    finish: string | null,
    logprobs?: readonly TokenLogprob[],
    more: string = '',
  ): string {
    const probabilities =
      logprobs === undefined ? 'null' : JSON.stringify({ content: writeLogprobs(logprobs), ...this.#noRefusal() });
    const reason = finish === null ? 'null' : `"${finish}"`;
    return `${this.#headNow()}${choice},"delta":${delta},"logprobs":${probabilities},"finish_reason":${reason}}]${more}${this.#tail}`;
  }

  #noRefusal(): JsonObject {
    return this.#flavour.xGroq ? {} : { refusal: null };
  }

  /** The tier may become known as late as the last chunk. */
  #headNow(): string {
    const word = this.#as.tierWord();
    if (word !== this.#tierWord) {
      this.#tierWord = word;
      this.#head = `data: ${JSON.stringify(this.#members()).slice(0, -1)},"choices":[{"index":`;
    }
    return this.#head;
  }

  #members(): JsonObject {
    const { id, created, model } = this.#as;
    const word = this.#as.tierWord();
    return { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created, model, service_tier: word };
  }
}

function stateMember(choice: ChoiceSoFar): string {
  return `"${STATE_MEMBER}":${JSON.stringify(choice.states)}`;
}
