import type { StopReason, StreamPart, TokenLogprob } from '../canonical/answer.ts';
import { InTurn } from '../canonical/in-turn.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { AnswerIdentity, StreamEncoder, StreamWish } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { ownItemId } from './item-ids.ts';
import {
  callItem,
  messageItem,
  reasoningItem,
  refusalContent,
  textContent,
  writeTokenLogprobs,
  type ItemStatus,
} from './output-items.ts';
import { IN_PROGRESS, outcomeOf, responseObject } from './response-object.ts';

/** The item that pieces go into at the moment. What it has is kept: the wire tells every part once more when it is done. */
type OpenItem =
  | {
      readonly kind: 'message';
      readonly id: string;
      readonly content: JsonObject[];
      /** The content part that grows. */
      part: { readonly kind: 'text' | 'refusal'; text: string; readonly logprobs: TokenLogprob[] } | null;
    }
  | { readonly kind: 'reasoning'; readonly id: string; text: string }
  | { readonly kind: 'call'; readonly id: string; readonly callId: string; readonly name: string; input: string };

export class ResponsesStreamEncoder implements StreamEncoder {
  readonly #turns = new InTurn();
  readonly #as: AnswerIdentity;
  readonly #wish: StreamWish;
  readonly #output: JsonObject[] = [];
  #open: OpenItem | null = null;
  #sequence = 0;
  #stop: StopReason = 'end';
  #declined = false;
  #usage: Usage | null = null;
  #out = '';
  /** Around a delta's sequence number, for the part that grows. */
  #deltaHead = '';
  #deltaPlace = '';

  constructor(as: AnswerIdentity, wish: StreamWish) {
    this.#as = as;
    this.#wish = wish;
  }

  write(parts: readonly StreamPart[]): Buffer {
    for (const part of this.#turns.order(parts)) this.#say(part);
    return this.#flush();
  }

  end(): Buffer {
    const outcome = outcomeOf(this.#stop, this.#declined);
    this.#close(outcome.status, undefined);
    const response = responseObject(this.#as, this.#wish, outcome, this.#output, this.#usage);
    this.#event(`response.${outcome.status}`, { response });
    return this.#flush();
  }

  #flush(): Buffer {
    const bytes = Buffer.from(this.#out);
    this.#out = '';
    return bytes;
  }

  #say(part: StreamPart): void {
    switch (part.kind) {
      case 'start':
        if (part.usage !== undefined) this.#usage = part.usage;
        for (const type of ['response.created', 'response.in_progress']) {
          this.#event(type, { response: responseObject(this.#as, this.#wish, IN_PROGRESS, [], null) });
        }
        return;
      case 'text':
        return this.#word('text', part.text, part.logprobs);
      case 'refusal':
        this.#declined = true;
        return this.#word('refusal', part.text);
      case 'reasoning':
        return this.#think(part.text);
      case 'reasoning-state':
        return this.#sign(part.state);
      case 'tool-start':
        return this.#call(part);
      case 'tool-input':
        if (this.#open?.kind !== 'call') return;
        this.#open.input += part.json;
        return this.#delta(part.json, '');
      case 'finish':
        this.#stop = part.stop;
        return;
      case 'usage':
        this.#usage = part.usage;
        return;
      // The gateway tells a failure in its own words, and the end when it is sure of it.
      case 'error':
      case 'end':
        return;
    }
  }

  #word(kind: 'text' | 'refusal', text: string, logprobs: readonly TokenLogprob[] = []): void {
    if (this.#open?.kind !== 'message') {
      const id = this.#begin('msg', (itemId) => messageItem(itemId, 'in_progress', []));
      this.#open = { kind: 'message', id, content: [], part: null };
    }
    const message = this.#open;
    if (message.part?.kind !== kind) {
      this.#closePart(message);
      message.part = { kind, text: '', logprobs: [] };
      const place = { ...this.#place(message.id), content_index: message.content.length };
      this.#event('response.content_part.added', { ...place, part: contentOf(message.part) });
      this.#prepare(kind === 'text' ? 'response.output_text.delta' : 'response.refusal.delta', place);
    }
    message.part.text += text;
    if (kind === 'refusal') return this.#delta(text, '');
    if (logprobs.length === 0) return this.#delta(text, ',"logprobs":[]');
    message.part.logprobs.push(...logprobs);
    this.#delta(text, `,"logprobs":${JSON.stringify(writeTokenLogprobs(logprobs))}`);
  }

  #think(text: string): void {
    if (this.#open?.kind !== 'reasoning') {
      const id = this.#begin('rs', (itemId) => reasoningItem(itemId, '', undefined, false));
      this.#open = { kind: 'reasoning', id, text: '' };
      const place = { ...this.#place(id), summary_index: 0 };
      this.#event('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } });
      this.#prepare('response.reasoning_summary_text.delta', place);
    }
    this.#open.text += text;
    this.#delta(text, '');
  }

  /** It closes the thoughts before it, or stands for thoughts that are not shown. */
  #sign(state: OpaqueState): void {
    if (this.#open?.kind === 'reasoning') return this.#close('completed', state);
    this.#hidden(state, false);
  }

  #hidden(state: OpaqueState, ofCall: boolean): void {
    const make = (id: string): JsonObject => reasoningItem(id, '', state, ofCall);
    const id = this.#begin('rs', make, ofCall ? undefined : state.id);
    this.#done(make(id));
  }

  #call({ id: callId, name, state }: Extract<StreamPart, { kind: 'tool-start' }>): void {
    if (state !== undefined) this.#hidden(state, true);
    const id = this.#begin('fc', (itemId) => callItem(itemId, 'in_progress', { id: callId, name, input: '' }));
    this.#open = { kind: 'call', id, callId, name, input: '' };
    this.#prepare('response.function_call_arguments.delta', this.#place(id));
  }

  /** Closes what is open, and announces the next item. Returns its id. */
  #begin(prefix: string, make: (id: string) => JsonObject, ownId?: string): string {
    this.#close('completed', undefined);
    const id = ownId ?? ownItemId(prefix, this.#as.id, this.#output.length);
    this.#event('response.output_item.added', { output_index: this.#output.length, item: make(id) });
    return id;
  }

  #place(id: string): JsonObject {
    return { item_id: id, output_index: this.#output.length };
  }

  #close(status: ItemStatus, state: OpaqueState | undefined): void {
    const item = this.#open;
    this.#open = null;
    switch (item?.kind) {
      case 'message':
        this.#closePart(item);
        this.#done(messageItem(item.id, status, item.content));
        return;
      case 'reasoning': {
        const place = { ...this.#place(item.id), summary_index: 0 };
        this.#event('response.reasoning_summary_text.done', { ...place, text: item.text });
        this.#event('response.reasoning_summary_part.done', {
          ...place,
          part: { type: 'summary_text', text: item.text },
        });
        this.#done(reasoningItem(item.id, item.text, state, false));
        return;
      }
      case 'call': {
        const { id, callId, name, input } = item;
        this.#event('response.function_call_arguments.done', { ...this.#place(id), name, arguments: input });
        this.#done(callItem(id, status, { id: callId, name, input }));
      }
    }
  }

  #closePart(message: Extract<OpenItem, { kind: 'message' }>): void {
    const { part } = message;
    if (part === null) return;
    message.part = null;
    const place = { ...this.#place(message.id), content_index: message.content.length };
    const content = contentOf(part);
    if (part.kind === 'refusal') this.#event('response.refusal.done', { ...place, refusal: part.text });
    else this.#event('response.output_text.done', { ...place, text: part.text, logprobs: content['logprobs'] });
    this.#event('response.content_part.done', { ...place, part: content });
    message.content.push(content);
  }

  #done(item: JsonObject): void {
    this.#event('response.output_item.done', { output_index: this.#output.length, item });
    this.#output.push(item);
  }

  #event(type: string, members: JsonObject): void {
    const data = JSON.stringify({ type, sequence_number: this.#sequence, ...members });
    this.#sequence += 1;
    this.#out += `event: ${type}\ndata: ${data}\n\n`;
  }

  #prepare(type: string, place: JsonObject): void {
    this.#deltaHead = `event: ${type}\ndata: {"type":"${type}","sequence_number":`;
    this.#deltaPlace = `,${JSON.stringify(place).slice(1, -1)},"delta":`;
  }

  /** By far the most usual event. */
  #delta(text: string, more: string): void {
    this.#out += `${this.#deltaHead}${this.#sequence}${this.#deltaPlace}${JSON.stringify(text)}${more}}\n\n`;
    this.#sequence += 1;
  }
}

function contentOf(part: {
  readonly kind: 'text' | 'refusal';
  readonly text: string;
  readonly logprobs: readonly TokenLogprob[];
}): JsonObject {
  return part.kind === 'refusal' ? refusalContent(part.text) : textContent(part.text, part.logprobs);
}
