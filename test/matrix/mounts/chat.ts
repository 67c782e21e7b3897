import type { Json } from '../../e2e/requests.ts';
import { countIn, listIn, objectIn, parsed, textIn } from '../json.ts';
import type { Ask, Call, Heard, HeardUsage, Mount, Reply, Turn, WireProblem } from './mount.ts';
import { sseEvents } from './sse.ts';

/** In which the two wires with chat completions differ. */
export interface ChatWire extends Pick<Mount, 'name' | 'tierWords' | 'counts' | 'problems' | 'brokenWord'> {
  readonly path: string;
  /** Where a stream tells its usage: in a last chunk of its own that has to be asked for, or with the last finish. */
  readonly usageAt: 'own-chunk' | 'x_groq';
  /** Members that an error always has. */
  readonly errorMembers: readonly string[];
}

export function chatMount(wire: ChatWire): Mount {
  return {
    ...wire,
    request: (ask) => ({ path: wire.path, headers: {}, body: bodyOf(ask, wire) }),
    hear: (reply, stream) => (stream ? heardStream(reply, wire) : heardWhole(reply)),
    problem: (reply) => ({
      status: reply.status,
      ...problemIn(parsed(reply.bytes.toString('utf8'), 'the refusal'), wire),
    }),
  };
}

function bodyOf(ask: Ask, { tierWords, usageAt }: ChatWire): Json {
  const { model, stream, tier, turns, tools, format, maxTokens } = ask;
  return {
    model,
    messages: turns.flatMap(messagesOf),
    ...(tools === undefined ? {} : { tools: tools.map(toolOf) }),
    ...(format === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'form', strict: true, schema: format } } }),
    ...(maxTokens === undefined ? {} : { max_completion_tokens: maxTokens }),
    ...(tier === undefined ? {} : { service_tier: tierWords[tier] }),
    ...(stream ? { stream: true } : {}),
    ...(stream && usageAt === 'own-chunk' ? { stream_options: { include_usage: true } } : {}),
  };
}

function toolOf({ name, description, schema }: NonNullable<Ask['tools']>[number]): Json {
  return { type: 'function', function: { name, description, parameters: schema } };
}

function messagesOf(turn: Turn): unknown[] {
  switch (turn.kind) {
    case 'user': {
      const { text, pngBase64 } = turn;
      if (pngBase64 === undefined) return [{ role: 'user', content: text }];
      const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } };
      return [{ role: 'user', content: [{ type: 'text', text }, image] }];
    }
    case 'said':
      return [turn.heard.turn];
    case 'results':
      return turn.results.map(({ call, text }) => ({ role: 'tool', tool_call_id: call.id, content: text }));
  }
}

const STOPS: Readonly<Record<string, Heard['stop']>> = { stop: 'end', length: 'length', tool_calls: 'calls' };

function stopOf(reason: unknown): Heard['stop'] {
  const stop = STOPS[textIn(reason, 'finish_reason')];
  if (stop === undefined) throw new Error(`an unexpected finish_reason: ${String(reason)}`);
  return stop;
}

function callOf(value: unknown): Call {
  const call = objectIn(value, 'a tool call');
  const { name, arguments: text } = objectIn(call['function'], 'the function of a call');
  return {
    id: textIn(call['id'], 'the id of a call'),
    name: textIn(name, 'the name of a call'),
    input: parsed(textIn(text, 'arguments'), 'arguments'),
  };
}

/** What the wire's types have of an answer in a history; annotations are for readers. */
function kept({ annotations: _annotations, ...message }: Json): Json {
  return message;
}

function heardWhole(reply: Reply): Heard {
  const body = parsed(reply.bytes.toString('utf8'), 'the answer');
  if (body['object'] !== 'chat.completion') throw new Error(`object is ${String(body['object'])}`);
  const [only, ...others] = listIn(body['choices'], 'choices');
  if (others.length > 0) throw new Error('more than one choice');
  const choice = objectIn(only, 'choices[0]');
  const message = objectIn(choice['message'], 'message');
  const calls = message['tool_calls'] === undefined ? [] : listIn(message['tool_calls'], 'tool_calls');
  return {
    text: message['content'] === null ? '' : textIn(message['content'], 'content'),
    calls: calls.map(callOf),
    stop: stopOf(choice['finish_reason']),
    model: textIn(body['model'], 'model'),
    tiers: body['service_tier'] === undefined ? [] : [textIn(body['service_tier'], 'service_tier')],
    usage: usageOf(body['usage']),
    turn: kept(message),
    failure: null,
  };
}

function heardStream(reply: Reply, wire: ChatWire): Heard {
  const stream = new ChatStream(wire);
  for (const { event, data } of sseEvents(reply.bytes)) {
    if (event !== undefined) throw new Error(`this wire names no events: ${event}`);
    stream.take(data);
  }
  return stream.heard();
}

interface CallSoFar {
  id: string;
  name: string;
  text: string;
}

class ChatStream {
  readonly #wire: ChatWire;
  readonly #ids = new Set<unknown>();
  readonly #tiers = new Set<string>();
  readonly #calls: CallSoFar[] = [];
  /** Members of the message that nobody knows; clients keep them. */
  readonly #others: Json = {};
  #text = '';
  #finish: string | null = null;
  #model = '';
  #usage: HeardUsage | undefined;
  #failure: WireProblem | null = null;
  #done = false;

  constructor(wire: ChatWire) {
    this.#wire = wire;
  }

  take(data: string): void {
    if (this.#done || this.#failure !== null) throw new Error(`something comes after the end: ${data.slice(0, 200)}`);
    if (data === '[DONE]') {
      this.#done = true;
      return;
    }
    const chunk = parsed(data, 'a chunk');
    if (chunk['error'] !== undefined) {
      this.#failure = problemIn(chunk, this.#wire);
      return;
    }
    if (chunk['object'] !== 'chat.completion.chunk') throw new Error(`object is ${String(chunk['object'])}`);
    this.#ids.add(chunk['id']);
    if (chunk['service_tier'] !== undefined) this.#tiers.add(textIn(chunk['service_tier'], 'service_tier'));
    this.#model = textIn(chunk['model'], 'model');
    const told = this.#wire.usageAt === 'x_groq' ? (chunk['x_groq'] as Json | undefined)?.['usage'] : chunk['usage'];
    if (told !== undefined && told !== null) this.#usage = usageOf(told);
    for (const choice of listIn(chunk['choices'], 'choices')) this.#choice(objectIn(choice, 'a choice'));
  }

  heard(): Heard {
    if (this.#failure === null) {
      if (!this.#done) throw new Error('the stream has no [DONE]');
      if (this.#finish === null) throw new Error('the stream has no finish_reason');
    }
    if (this.#ids.size > 1) throw new Error(`the stream has ids of ${this.#ids.size} answers`);
    const tool_calls = this.#calls.map(({ id, name, text }) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    }));
    const content = this.#text === '' && tool_calls.length > 0 ? null : this.#text;
    return {
      text: this.#text,
      calls: this.#failure === null ? tool_calls.map(callOf) : [],
      stop: this.#failure === null ? stopOf(this.#finish) : 'end',
      model: this.#model,
      tiers: [...this.#tiers],
      usage: this.#usage,
      turn: { role: 'assistant', content, ...this.#others, ...(tool_calls.length === 0 ? {} : { tool_calls }) },
      failure: this.#failure,
    };
  }

  #choice(choice: Json): void {
    if (choice['index'] !== 0) throw new Error('more than one choice');
    const { role, content, refusal, tool_calls, ...others } = objectIn(choice['delta'], 'delta');
    if (role !== undefined && role !== 'assistant') throw new Error(`the role is ${String(role)}`);
    if (content !== undefined && content !== null) this.#text += textIn(content, 'delta.content');
    if (refusal !== undefined && refusal !== null) this.#text += textIn(refusal, 'delta.refusal');
    Object.assign(this.#others, others);
    for (const call of tool_calls === undefined ? [] : listIn(tool_calls, 'tool_calls'))
      this.#call(objectIn(call, 'a call'));
    if (choice['finish_reason'] !== null) this.#finish = textIn(choice['finish_reason'], 'finish_reason');
  }

  #call(delta: Json): void {
    const index = countIn(delta['index'], 'the index of a call');
    const { name, arguments: text } = objectIn(delta['function'], 'the function of a call');
    if (index === this.#calls.length) {
      this.#calls.push({ id: textIn(delta['id'], 'the id of a call'), name: textIn(name, 'a name'), text: '' });
    } else if (index > this.#calls.length) throw new Error(`call ${index} comes before the one before it`);
    this.#calls[index]!.text += textIn(text ?? '', 'arguments');
  }
}

function usageOf(value: unknown): HeardUsage | undefined {
  if (value === undefined || value === null) return undefined;
  const usage = objectIn(value, 'usage');
  const prompt = (usage['prompt_tokens_details'] ?? {}) as Json;
  const completion = (usage['completion_tokens_details'] ?? {}) as Json;
  const [input, output] = [countIn(usage['prompt_tokens'], 'input'), countIn(usage['completion_tokens'], 'output')];
  if (usage['total_tokens'] !== input + output) throw new Error('total_tokens is not the sum');
  return {
    input,
    output,
    cached: countIn(prompt['cached_tokens'] ?? 0, 'cached_tokens'),
    cacheWrite: countIn(prompt['cache_write_tokens'] ?? 0, 'cache_write_tokens'),
    reasoning: countIn(completion['reasoning_tokens'] ?? 0, 'reasoning_tokens'),
  };
}

function problemIn(body: Json, { errorMembers }: ChatWire): WireProblem {
  const error = objectIn(body['error'], 'error');
  for (const member of errorMembers) {
    if (!(member in error)) throw new Error(`the error has no ${member}: ${JSON.stringify(error)}`);
  }
  return { word: textIn(error['code'], 'error.code'), message: textIn(error['message'], 'error.message') };
}
