import type { Json } from '../../e2e/requests.ts';
import { countIn, listIn, objectIn, parsed, textIn } from '../json.ts';
import { framesIn, type Frame } from './frames.ts';
import type { Ask, Call, Heard, HeardUsage, Mount, Reply, Turn, WireProblem } from './mount.ts';

export const BEDROCK: Mount = {
  name: 'bedrock',
  tierWords: { priority: 'priority', standard: 'default', flex: 'flex' },
  counts: ['cached', 'cacheWrite'],
  problems: {
    'flex-unavailable': { status: 503, word: 'ServiceUnavailableException' },
    contended: { status: 429, word: 'ThrottlingException' },
    rejected: { status: 400, word: 'ValidationException' },
    unsupported: { status: 400, word: 'ValidationException' },
    'upstream-failed': { status: 500, word: 'InternalServerException' },
    'upstream-timeout': { status: 408, word: 'ModelTimeoutException' },
    'upstream-credentials': { status: 424, word: 'ModelErrorException' },
    'upstream-exhausted': { status: 424, word: 'ModelErrorException' },
  },
  brokenWord: 'modelStreamErrorException',
  request: (ask) => ({
    path: `/model/${encodeURIComponent(ask.model)}/${ask.stream ? 'converse-stream' : 'converse'}`,
    headers: {},
    body: bodyOf(ask),
  }),
  hear: (reply, stream) =>
    stream ? heardStream(reply) : heardWhole(parsed(reply.bytes.toString('utf8'), 'the answer')),
  problem: (reply) => {
    const body = parsed(reply.bytes.toString('utf8'), 'the refusal');
    const word = textIn(reply.headers.get('x-amzn-errortype'), 'x-amzn-errortype').split(':')[0]!;
    return { status: reply.status, word, message: textIn(body['message'], 'message') };
  },
};

function bodyOf({ tier, turns, tools, format, maxTokens }: Ask): Json {
  return {
    messages: turns.map(messageOf),
    ...(maxTokens === undefined ? {} : { inferenceConfig: { maxTokens } }),
    ...(tools === undefined
      ? {}
      : {
          toolConfig: {
            tools: tools.map(({ name, description, schema }) => ({
              toolSpec: { name, description, inputSchema: { json: schema } },
            })),
          },
        }),
    ...(format === undefined
      ? {}
      : {
          outputConfig: {
            textFormat: {
              type: 'json_schema',
              structure: { jsonSchema: { schema: JSON.stringify(format), name: 'form' } },
            },
          },
        }),
    ...(tier === undefined ? {} : { serviceTier: { type: BEDROCK.tierWords[tier] } }),
  };
}

function messageOf(turn: Turn): Json {
  switch (turn.kind) {
    case 'user': {
      const { text, pngBase64 } = turn;
      const image = pngBase64 === undefined ? [] : [{ image: { format: 'png', source: { bytes: pngBase64 } } }];
      return { role: 'user', content: [{ text }, ...image] };
    }
    case 'said':
      return objectIn(turn.heard.turn, 'message');
    case 'results':
      return {
        role: 'user',
        content: turn.results.map(({ call, text }) => ({ toolResult: { toolUseId: call.id, content: [{ text }] } })),
      };
  }
}

const STOPS: Readonly<Record<string, Heard['stop']>> = { end_turn: 'end', max_tokens: 'length', tool_use: 'calls' };

function stopOf(value: unknown): Heard['stop'] {
  const stop = STOPS[textIn(value, 'stopReason')];
  if (stop === undefined) throw new Error(`an unexpected stopReason: ${String(value)}`);
  return stop;
}

function heardWhole(body: Json): Heard {
  const message = objectIn(objectIn(body['output'], 'output')['message'], 'output.message');
  countIn(objectIn(body['metrics'], 'metrics')['latencyMs'], 'latencyMs');
  return {
    ...heardMessage(message),
    stop: stopOf(body['stopReason']),
    tiers: tiersOf(body),
    usage: usageOf(body['usage']),
  };
}

function heardMessage(message: Json): Pick<Heard, 'text' | 'calls' | 'turn' | 'model' | 'failure'> {
  if (message['role'] !== 'assistant') throw new Error(`the role is ${String(message['role'])}`);
  const blocks = listIn(message['content'], 'content').map((block) => objectIn(block, 'a block'));
  return {
    text: blocks.flatMap((block) => (block['text'] === undefined ? [] : [textIn(block['text'], 'text')])).join(''),
    calls: blocks.flatMap((block) => (block['toolUse'] === undefined ? [] : [callOf(block['toolUse'])])),
    // Converse's answers do not name the model.
    model: undefined,
    turn: message,
    failure: null,
  };
}

function callOf(value: unknown): Call {
  const { toolUseId, name, input } = objectIn(value, 'toolUse');
  return { id: textIn(toolUseId, 'toolUseId'), name: textIn(name, 'name'), input: objectIn(input, 'input') };
}

function tiersOf(body: Json): string[] {
  const tier = body['serviceTier'];
  return tier === undefined ? [] : [textIn(objectIn(tier, 'serviceTier')['type'], 'serviceTier.type')];
}

function usageOf(value: unknown): HeardUsage {
  const usage = objectIn(value, 'usage');
  const of = (member: string): number => countIn(usage[member] ?? 0, member);
  const [cached, cacheWrite] = [of('cacheReadInputTokens'), of('cacheWriteInputTokens')];
  const [input, output] = [of('inputTokens') + cached + cacheWrite, of('outputTokens')];
  if (usage['totalTokens'] !== input + output) throw new Error('totalTokens is not the sum');
  return { input, output, cached, cacheWrite };
}

function heardStream(reply: Reply): Heard {
  const type = reply.headers.get('content-type');
  if (type !== 'application/vnd.amazon.eventstream') throw new Error(`the content type is ${String(type)}`);
  const stream = new ConverseStream();
  for (const frame of framesIn(reply.bytes)) stream.take(frame);
  return stream.heard();
}

class ConverseStream {
  readonly #blocks: Json[] = [];
  /** JSON text of the inputs, by the block's index. */
  readonly #inputs = new Map<number, string>();
  #state: 'before' | 'open' | 'stopped' | 'told' = 'before';
  #stop: unknown;
  #metadata: Json = {};
  #failure: WireProblem | null = null;

  take({ headers, payload }: Frame): void {
    if (this.#failure !== null || this.#state === 'told') throw new Error('something comes after the end');
    const body = parsed(payload.toString('utf8'), 'the payload of a frame');
    if (headers[':message-type'] === 'exception') {
      const word = textIn(headers[':exception-type'], ':exception-type');
      this.#failure = { word, message: textIn(body['message'], 'message') };
      return;
    }
    if (headers[':message-type'] !== 'event') throw new Error(`a message of type ${String(headers[':message-type'])}`);
    this.#event(textIn(headers[':event-type'], ':event-type'), body);
  }

  heard(): Heard {
    if (this.#failure === null && this.#state !== 'told') throw new Error('the stream has no metadata');
    const message = heardMessage({ role: 'assistant', content: this.#blocks });
    if (this.#failure !== null) return { ...message, stop: 'end', tiers: [], usage: undefined, failure: this.#failure };
    countIn(objectIn(this.#metadata['metrics'], 'metrics')['latencyMs'], 'latencyMs');
    const { usage } = this.#metadata;
    return { ...message, stop: stopOf(this.#stop), tiers: tiersOf(this.#metadata), usage: usageOf(usage) };
  }

  #event(type: string, body: Json): void {
    const expected = type === 'messageStart' ? 'before' : type === 'metadata' ? 'stopped' : 'open';
    if (this.#state !== expected) throw new Error(`${type} comes while the stream is ${this.#state}`);
    switch (type) {
      case 'messageStart':
        this.#state = 'open';
        return;
      case 'contentBlockStart':
        this.#start(body);
        return;
      case 'contentBlockDelta':
        this.#delta(body);
        return;
      case 'contentBlockStop':
        this.#end(countIn(body['contentBlockIndex'], 'contentBlockIndex'));
        return;
      case 'messageStop':
        this.#state = 'stopped';
        this.#stop = body['stopReason'];
        return;
      case 'metadata':
        this.#state = 'told';
        this.#metadata = body;
        return;
      default:
        throw new Error(`an unknown event: ${type}`);
    }
  }

  #start(body: Json): void {
    const index = countIn(body['contentBlockIndex'], 'contentBlockIndex');
    if (index !== this.#blocks.length) throw new Error(`block ${index} starts out of order`);
    const { toolUse } = objectIn(body['start'], 'start');
    this.#blocks.push({ toolUse: { ...objectIn(toolUse, 'toolUse'), input: {} } });
    this.#inputs.set(index, '');
  }

  /** Blocks of text begin with their first delta. */
  #delta(body: Json): void {
    const index = countIn(body['contentBlockIndex'], 'contentBlockIndex');
    const { text, toolUse, reasoningContent } = objectIn(body['delta'], 'delta');
    if (index === this.#blocks.length) this.#blocks.push(text === undefined ? {} : { text: '' });
    const block = this.#blocks[index];
    if (block === undefined) throw new Error(`a delta for block ${index}, which is not there`);
    if (text !== undefined) block['text'] = textIn(block['text'], 'text') + textIn(text, 'text');
    else if (toolUse !== undefined) {
      const more = textIn(objectIn(toolUse, 'toolUse')['input'], 'input');
      this.#inputs.set(index, (this.#inputs.get(index) ?? '') + more);
    } else reason(block, objectIn(reasoningContent, 'reasoningContent'));
  }

  #end(index: number): void {
    const input = this.#inputs.get(index);
    if (input === undefined) return;
    const block = this.#blocks[index]!;
    block['toolUse'] = {
      ...objectIn(block['toolUse'], 'toolUse'),
      input: parsed(input === '' ? '{}' : input, 'input'),
    };
  }
}

function reason(block: Json, delta: Json): void {
  const before = objectIn(
    objectIn(block['reasoningContent'] ?? {}, 'reasoningContent')['reasoningText'] ?? { text: '' },
    'text',
  );
  const text = textIn(before['text'], 'text') + textIn(delta['text'] ?? '', 'text');
  const signature = delta['signature'] ?? before['signature'];
  block['reasoningContent'] = { reasoningText: { text, ...(signature === undefined ? {} : { signature }) } };
}
