import type { Json } from '../../e2e/requests.ts';
import { countIn, listIn, objectIn, parsed, textIn } from '../json.ts';
import type { Ask, Call, Heard, HeardUsage, Mount, Reply, Turn, WireProblem } from './mount.ts';
import { sseEvents } from './sse.ts';

/** The wire wants a bound on every answer. */
const MAX_TOKENS = 1_000;

export const ANTHROPIC: Mount = {
  name: 'anthropic',
  tierWords: { priority: 'priority', standard: 'standard', flex: 'flex' },
  counts: ['cached', 'cacheWrite', 'reasoning'],
  problems: {
    'flex-unavailable': { status: 529, word: 'overloaded_error' },
    contended: { status: 529, word: 'overloaded_error' },
    rejected: { status: 400, word: 'invalid_request_error' },
    unsupported: { status: 400, word: 'invalid_request_error' },
    'upstream-failed': { status: 502, word: 'api_error' },
    'upstream-timeout': { status: 504, word: 'timeout_error' },
    'upstream-credentials': { status: 502, word: 'api_error' },
    'upstream-exhausted': { status: 503, word: 'api_error' },
  },
  brokenWord: 'api_error',
  // The wire has no word for flex; Offpeak's header is the way that works with every one of its clients.
  request: (ask) => ({
    path: '/v1/messages',
    headers: {
      'anthropic-version': '2023-06-01',
      ...(ask.tier === undefined ? {} : { 'offpeak-tier': ask.tier }),
    },
    body: bodyOf(ask),
  }),
  hear: (reply, stream) =>
    stream ? heardStream(reply) : heardMessage(parsed(reply.bytes.toString('utf8'), 'the answer')),
  problem: (reply) => ({
    status: reply.status,
    ...problemIn(parsed(reply.bytes.toString('utf8'), 'the refusal')),
  }),
};

function bodyOf({ model, stream, turns, tools, format, maxTokens }: Ask): Json {
  return {
    model,
    max_tokens: maxTokens ?? MAX_TOKENS,
    messages: turns.map(messageOf),
    ...(tools === undefined
      ? {}
      : { tools: tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })) }),
    ...(format === undefined ? {} : { output_config: { format: { type: 'json_schema', schema: format } } }),
    ...(stream ? { stream: true } : {}),
  };
}

function messageOf(turn: Turn): Json {
  switch (turn.kind) {
    case 'user': {
      const { text, pngBase64 } = turn;
      if (pngBase64 === undefined) return { role: 'user', content: text };
      const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngBase64 } };
      return { role: 'user', content: [{ type: 'text', text }, image] };
    }
    case 'said':
      return { role: 'assistant', content: turn.heard.turn };
    case 'results':
      return {
        role: 'user',
        content: turn.results.map(({ call, text }) => ({ type: 'tool_result', tool_use_id: call.id, content: text })),
      };
  }
}

const STOPS: Readonly<Record<string, Heard['stop']>> = { end_turn: 'end', max_tokens: 'length', tool_use: 'calls' };

function heardMessage(message: Json): Heard {
  if (message['type'] !== 'message') throw new Error(`type is ${String(message['type'])}`);
  if (message['role'] !== 'assistant') throw new Error(`role is ${String(message['role'])}`);
  const blocks = listIn(message['content'], 'content').map((block) => objectIn(block, 'a block'));
  const stop = STOPS[textIn(message['stop_reason'], 'stop_reason')];
  if (stop === undefined) throw new Error(`an unexpected stop_reason: ${String(message['stop_reason'])}`);
  const usage = objectIn(message['usage'], 'usage');
  return {
    text: blocks.flatMap((block) => (block['type'] === 'text' ? [textIn(block['text'], 'text')] : [])).join(''),
    calls: blocks.filter(({ type }) => type === 'tool_use').map(callOf),
    stop,
    model: textIn(message['model'], 'model'),
    tiers: tiersOf(usage),
    usage: usageOf(usage),
    turn: blocks,
    failure: null,
  };
}

function callOf(block: Json): Call {
  return {
    id: textIn(block['id'], 'the id of a call'),
    name: textIn(block['name'], 'the name of a call'),
    input: objectIn(block['input'], 'the input of a call'),
  };
}

function tiersOf(usage: Json): string[] {
  return usage['service_tier'] === null ? [] : [textIn(usage['service_tier'], 'service_tier')];
}

function usageOf(usage: Json): HeardUsage {
  const cached = countIn(usage['cache_read_input_tokens'] ?? 0, 'cache_read_input_tokens');
  const cacheWrite = countIn(usage['cache_creation_input_tokens'] ?? 0, 'cache_creation_input_tokens');
  const details = (usage['output_tokens_details'] ?? {}) as Json;
  return {
    input: countIn(usage['input_tokens'], 'input_tokens') + cached + cacheWrite,
    output: countIn(usage['output_tokens'], 'output_tokens'),
    cached,
    cacheWrite,
    reasoning: countIn(details['thinking_tokens'] ?? 0, 'thinking_tokens'),
  };
}

function heardStream(reply: Reply): Heard {
  const stream = new MessageStream();
  for (const { event, data } of sseEvents(reply.bytes)) {
    const body = parsed(data, 'an event');
    if (body['type'] !== event) throw new Error(`the event ${String(event)} says that it is ${String(body['type'])}`);
    stream.take(body);
  }
  return stream.heard();
}

/** Puts a message together as the wire's own clients do. */
class MessageStream {
  #message: Json | null = null;
  readonly #blocks: Json[] = [];
  /** JSON text of the inputs, by the block's index. */
  readonly #inputs = new Map<number, string>();
  #open: number | null = null;
  #tierAtStart: readonly string[] = [];
  #stopped = false;
  #failure: WireProblem | null = null;

  take(event: Json): void {
    if (this.#stopped || this.#failure !== null)
      throw new Error(`something comes after the end: ${String(event['type'])}`);
    switch (event['type']) {
      case 'ping':
        return;
      case 'error':
        this.#failure = problemIn(event);
        return;
      case 'message_start':
        if (this.#message !== null) throw new Error('the message starts twice');
        this.#message = { ...objectIn(event['message'], 'message') };
        this.#tierAtStart = tiersOf(objectIn(this.#message['usage'], 'usage'));
        return;
      case 'content_block_start':
        this.#start(countIn(event['index'], 'index'), objectIn(event['content_block'], 'content_block'));
        return;
      case 'content_block_delta':
        this.#delta(countIn(event['index'], 'index'), objectIn(event['delta'], 'delta'));
        return;
      case 'content_block_stop':
        this.#stop(countIn(event['index'], 'index'));
        return;
      case 'message_delta':
        this.#change(event);
        return;
      case 'message_stop':
        this.#stopped = true;
        return;
      default:
        throw new Error(`an unknown event: ${String(event['type'])}`);
    }
  }

  heard(): Heard {
    const message = { ...objectIn(this.#message, 'message_start'), content: this.#blocks };
    if (this.#failure !== null)
      return { ...heardMessage({ ...message, stop_reason: 'end_turn' }), failure: this.#failure };
    if (!this.#stopped) throw new Error('the stream has no message_stop');
    if (this.#open !== null) throw new Error('a block is still open');
    const heard = heardMessage(message);
    return { ...heard, tiers: [...new Set([...this.#tierAtStart, ...heard.tiers])] };
  }

  #start(index: number, block: Json): void {
    if (this.#message === null) throw new Error('a block comes before the message');
    if (this.#open !== null || index !== this.#blocks.length) throw new Error(`block ${index} starts out of order`);
    this.#blocks.push({ ...block });
    this.#open = index;
  }

  #delta(index: number, delta: Json): void {
    const block = this.#blocks[index];
    if (block === undefined || this.#open !== index) throw new Error(`a delta for block ${index}, which is not open`);
    const more = (member: string): void => {
      block[member] = textIn(block[member], member) + textIn(delta[member], member);
    };
    switch (delta['type']) {
      case 'text_delta':
        more('text');
        return;
      case 'thinking_delta':
        more('thinking');
        return;
      case 'signature_delta':
        block['signature'] = delta['signature'];
        return;
      case 'input_json_delta':
        this.#inputs.set(index, (this.#inputs.get(index) ?? '') + textIn(delta['partial_json'], 'partial_json'));
        return;
      default:
        throw new Error(`an unknown delta: ${String(delta['type'])}`);
    }
  }

  #stop(index: number): void {
    if (this.#open !== index) throw new Error(`block ${index} stops and is not open`);
    this.#open = null;
    const input = this.#inputs.get(index);
    if (input !== undefined && input !== '') this.#blocks[index]!['input'] = parsed(input, 'the input of a call');
  }

  #change(event: Json): void {
    const message = objectIn(this.#message, 'message_start');
    const told = Object.entries(objectIn(event['usage'], 'usage')).filter(([, value]) => value !== null);
    Object.assign(message, objectIn(event['delta'], 'delta'), {
      usage: { ...objectIn(message['usage'], 'usage'), ...Object.fromEntries(told) },
    });
  }
}

function problemIn(body: Json): WireProblem {
  if (body['type'] !== 'error') throw new Error(`the type of the error is ${String(body['type'])}`);
  const error = objectIn(body['error'], 'error');
  return { word: textIn(error['type'], 'error.type'), message: textIn(error['message'], 'error.message') };
}
