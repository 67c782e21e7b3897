import { MAJORS, wholeClient } from '../../conformance/responses-client.ts';
import { OPENAI_7, type Told as Failed } from '../../conformance/sdks.ts';
import type { Witness } from '../books.ts';
import type { House } from '../harness.ts';

/** One chat request, by an SDK that sends nothing twice. */
export interface Said {
  readonly model: string;
  readonly tier?: string;
  readonly text?: string;
  readonly stream?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly apiKey?: string;
  readonly witness?: Witness;
  /** In whole seconds, which is what the SDK states. */
  readonly timeoutMs?: number;
  /** Further members of the body. */
  readonly more?: object;
  readonly signal?: AbortSignal;
}

/** What its caller is told. */
export interface Told {
  readonly text: string;
  /** The tier in the wire's word: in the body, or in every chunk. */
  readonly word: string | undefined;
  readonly upstream: string | null;
  readonly headers: Headers;
}

export async function talk(house: Pick<House, 'url'>, said: Said): Promise<Told> {
  const {
    model,
    tier,
    text = 'Hello',
    stream = false,
    headers = {},
    apiKey,
    witness,
    timeoutMs,
    more = {},
    signal,
  } = said;
  const client = wholeClient(MAJORS[0]!, `${house.url}/v1`, {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(witness === undefined ? {} : { fetch: witness.fetch }),
  });
  const body = {
    model,
    messages: [{ role: 'user' as const, content: text }],
    ...(tier === undefined ? {} : { service_tier: tier as 'flex' }),
    ...more,
  };
  const options = {
    headers,
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
  };
  if (!stream) {
    const { data, response } = await client.chat.completions.create(body, options).withResponse();
    return told(data.choices[0]?.message.content ?? '', data.service_tier ?? undefined, response.headers);
  }
  const { data, response } = await client.chat.completions.create({ ...body, stream: true }, options).withResponse();
  let heard = '';
  const words = new Set<string | undefined>();
  for await (const chunk of data) {
    heard += chunk.choices[0]?.delta.content ?? '';
    words.add(chunk.service_tier ?? undefined);
  }
  if (words.size > 1) throw new Error(`the chunks tell several tiers: ${[...words].join(', ')}`);
  return told(heard, [...words][0], response.headers);
}

function told(text: string, word: string | undefined, headers: Headers): Told {
  return { text, word, upstream: headers.get('offpeak-upstream'), headers };
}

/** What it was refused with. */
export async function refusal(house: Pick<House, 'url'>, said: Said): Promise<Failed> {
  let answer: Told;
  try {
    answer = await talk(house, said);
  } catch (error) {
    return OPENAI_7.told(error);
  }
  throw new Error(`it was answered by ${answer.upstream ?? 'nobody'}: ${answer.text}`);
}
