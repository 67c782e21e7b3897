import type { AnswerPart, CanonicalAnswer, TokenLogprob } from '../canonical/answer.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { ownItemId } from './item-ids.ts';
import { callItem, messageItem, reasoningItem, refusalContent, textContent, type ItemStatus } from './output-items.ts';
import { outcomeOf, responseObject } from './response-object.ts';

/** One answer: the wire has no way to ask for more. */
export function encodeResponsesAnswer(answer: CanonicalAnswer, as: AnswerIdentity, wish: StreamWish): JsonObject {
  const { parts, stop, logprobs } = answer.choices[0] ?? { parts: [], stop: 'end' as const };
  const outcome = outcomeOf(
    stop,
    parts.some((part) => part.kind === 'refusal'),
  );
  const writer = new ItemWriter(as.id, logprobs ?? []);
  for (const part of parts) writer.add(part);
  return responseObject(as, wish, outcome, writer.finish(outcome.status), answer.usage);
}

/** Words in a row are one message; everything else is an item of its own. */
class ItemWriter {
  readonly #id: string;
  readonly #items: ((status: ItemStatus) => JsonObject)[] = [];
  #logprobs: readonly TokenLogprob[];
  #words: JsonObject[] | null = null;

  constructor(id: string, logprobs: readonly TokenLogprob[]) {
    this.#id = id;
    this.#logprobs = logprobs;
  }

  add(part: AnswerPart): void {
    if (part.kind === 'text' || part.kind === 'refusal') this.#say(part);
    else if (part.kind === 'reasoning') {
      this.#begin('rs', (id) => reasoningItem(part.state?.id ?? id, part.text, part.state, false));
    } else {
      const { state } = part;
      if (state !== undefined) this.#begin('rs', (id) => reasoningItem(id, '', state, true));
      this.#begin('fc', (id, status) => callItem(id, status, part));
    }
  }

  /** Only the last item can be incomplete. */
  finish(status: ItemStatus): JsonObject[] {
    return this.#items.map((item, index) => item(index === this.#items.length - 1 ? status : 'completed'));
  }

  #say(part: Extract<AnswerPart, { kind: 'text' | 'refusal' }>): void {
    if (this.#words === null) {
      const words: JsonObject[] = [];
      this.#begin('msg', (id, status) => messageItem(id, status, words));
      this.#words = words;
    }
    if (part.kind === 'refusal') this.#words.push(refusalContent(part.text));
    else {
      this.#words.push(textContent(part.text, this.#logprobs));
      this.#logprobs = [];
    }
  }

  #begin(prefix: string, make: (id: string, status: ItemStatus) => JsonObject): void {
    const id = ownItemId(prefix, this.#id, this.#items.length);
    this.#items.push((status) => make(id, status));
    this.#words = null;
  }
}
