import type { House } from './harness.ts';
import type { Witness } from './books.ts';
import type { ChatAnswer, ChatChunk, WireUsage } from '../conformance/sdks.ts';
import { OPENAI_7 } from '../conformance/sdks.ts';

/** One request, streamed or not, and what its client has heard so far. */
export interface Voice {
  /** The text so far; tool calls count with their arguments. */
  readonly text: string;
  /** Chunks so far; a unary answer is one. */
  readonly chunks: number;
  readonly over: boolean;
  /** The whole of it, or what was thrown. */
  readonly end: Promise<Heard>;
}

export interface Heard {
  readonly text: string;
  readonly finish: string | null;
  readonly usage: WireUsage | undefined;
  readonly ids: readonly string[];
  readonly tiers: readonly string[];
  readonly headers: Headers;
}

export interface Spoken {
  readonly prompt: string;
  readonly tokens: number;
  readonly stream?: boolean;
  readonly tier?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the body. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Sends a chat request of exactly so many tokens. */
export function speak(house: House, witness: Witness, spoken: Spoken): Voice {
  const voice = new Listening();
  voice.begin(house, witness, spoken);
  return voice;
}

class Listening implements Voice {
  text = '';
  chunks = 0;
  over = false;
  end!: Promise<Heard>;

  readonly #ids = new Set<string>();
  readonly #tiers = new Set<string>();
  #finish: string | null = null;
  #usage: WireUsage | undefined;

  begin(house: House, witness: Witness, spoken: Spoken): void {
    this.end = this.#listen(house, witness, spoken).finally(() => {
      this.over = true;
    });
    // Whoever awaits it hears of a failure; until then it is not an unhandled one.
    this.end.catch(() => undefined);
  }

  async #listen(house: House, witness: Witness, spoken: Spoken): Promise<Heard> {
    const { prompt, tokens, stream = false, tier, headers = {}, more = {} } = spoken;
    const client = OPENAI_7.connect(`${house.url}/v1`, { fetch: witness.fetch });
    const body = {
      model: 'sim-8b',
      messages: [{ role: 'user', content: prompt }],
      max_tokens: tokens,
      ignore_eos: true,
      ...(tier === undefined ? {} : { service_tier: tier }),
      ...more,
    } as const;
    const options = { headers, maxRetries: 0 };
    let response: Response;
    if (stream) {
      const streamed = { ...body, stream: true, stream_options: { include_usage: true } } as const;
      const answer = await client.chat.completions.create(streamed, options).withResponse();
      response = answer.response;
      for await (const chunk of answer.data) this.#hear(chunk);
    } else {
      const answer = await client.chat.completions.create(body, options).withResponse();
      response = answer.response;
      this.#hearAll(answer.data);
    }
    return {
      text: this.text,
      finish: this.#finish,
      usage: this.#usage,
      ids: [...this.#ids],
      tiers: [...this.#tiers],
      headers: response.headers,
    };
  }

  #hear(chunk: ChatChunk): void {
    this.chunks += 1;
    this.#ids.add(chunk.id);
    this.#tiers.add(chunk.service_tier);
    this.#usage = chunk.usage ?? this.#usage;
    const [choice] = chunk.choices;
    if (choice === undefined) return;
    this.text += choice.delta.content ?? '';
    for (const call of choice.delta.tool_calls ?? []) this.text += call.function?.arguments ?? '';
    this.#finish = choice.finish_reason ?? this.#finish;
  }

  #hearAll(answer: ChatAnswer): void {
    this.chunks += 1;
    this.#ids.add(answer.id);
    this.#tiers.add(answer.service_tier);
    this.#usage = answer.usage;
    const [choice] = answer.choices;
    this.text = choice!.message.content ?? '';
    for (const call of choice!.message.tool_calls ?? []) this.text += call.function.arguments;
    this.#finish = choice!.finish_reason;
  }
}
