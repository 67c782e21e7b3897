/** A choice of an answer, on either wire. */
interface WireChoice {
  readonly index: number;
  readonly text?: string;
  readonly message?: { readonly content: string };
  readonly delta?: { readonly content?: string };
  readonly finish_reason: string | null;
}

interface WireAnswer {
  readonly model: string;
  readonly choices: readonly WireChoice[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
}

export interface Asked {
  readonly text: string;
  readonly finish: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** What each event with text said; one for a unary answer. */
  readonly pieces: readonly string[];
}

export type Body = Readonly<Record<string, unknown>>;

export function question(content: string): { readonly messages: readonly object[] } {
  return { messages: [{ role: 'user', content }] };
}

export function post(url: string, path: string, body: Body, signal?: AbortSignal): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Greedy unless the body says otherwise. With `prompt` it is a completion, else a chat. */
export async function ask(url: string, body: Body): Promise<Asked> {
  const path = body['prompt'] === undefined ? '/v1/chat/completions' : '/v1/completions';
  const response = await post(url, path, { temperature: 0, ...body });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  const answers = body['stream'] === true ? eventsOf(await response.text()) : [(await response.json()) as WireAnswer];
  const choices = answers.flatMap((answer) => answer.choices).filter(({ index }) => index === 0);
  const pieces = choices.map((choice) => choice.text ?? choice.message?.content ?? choice.delta?.content ?? '');
  const usage = answers.at(-1)!.usage;
  return {
    text: pieces.join(''),
    finish: choices.at(-1)!.finish_reason,
    promptTokens: usage?.prompt_tokens ?? 0,
    completionTokens: usage?.completion_tokens ?? 0,
    cachedTokens: usage?.prompt_tokens_details.cached_tokens ?? 0,
    pieces: pieces.filter((piece) => piece !== ''),
  };
}

function eventsOf(stream: string): WireAnswer[] {
  const events = stream.split('\n\n').filter((event) => event !== '' && event !== 'data: [DONE]');
  return events.map((event) => JSON.parse(event.slice('data: '.length)) as WireAnswer);
}

/** Streams a request and leaves when so many pieces have come. Returns what was said until then. */
export async function leaveAfter(url: string, body: Body, pieces: number): Promise<string> {
  const leaving = new AbortController();
  const path = body['prompt'] === undefined ? '/v1/chat/completions' : '/v1/completions';
  const response = await post(url, path, { temperature: 0, ...body, stream: true }, leaving.signal);
  let stream = '';
  let said: readonly string[] = [];
  for await (const bytes of response.body!) {
    stream += Buffer.from(bytes).toString('utf8');
    const whole = stream.slice(0, stream.lastIndexOf('\n\n') + 2);
    said = eventsOf(whole).map(({ choices }) => choices[0]?.text ?? choices[0]?.delta?.content ?? '');
    if (said.filter((piece) => piece !== '').length >= pieces) break;
  }
  leaving.abort();
  return said.join('');
}
