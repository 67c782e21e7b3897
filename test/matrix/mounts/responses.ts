import type { Json } from '../../e2e/requests.ts';
import { countIn, listIn, objectIn, parsed, textIn } from '../json.ts';
import type { Ask, Call, Heard, HeardUsage, Mount, Reply, Turn, WireProblem } from './mount.ts';
import { OPENAI } from './openai.ts';
import { sseEvents } from './sse.ts';

export const RESPONSES: Mount = {
  ...OPENAI,
  name: 'responses',
  request: (ask) => ({ path: '/v1/responses', headers: {}, body: bodyOf(ask) }),
  hear: (reply, stream) =>
    stream ? heardStream(reply) : heardResponse(parsed(reply.bytes.toString('utf8'), 'the answer')),
};

function bodyOf({ model, stream, tier, turns, tools, format, maxTokens }: Ask): Json {
  return {
    model,
    input: turns.flatMap(itemsOf),
    store: false,
    ...(tools === undefined
      ? {}
      : {
          tools: tools.map(({ name, description, schema }) => ({
            type: 'function',
            name,
            description,
            parameters: schema,
            strict: true,
          })),
        }),
    ...(format === undefined
      ? {}
      : { text: { format: { type: 'json_schema', name: 'form', strict: true, schema: format } } }),
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(tier === undefined ? {} : { service_tier: OPENAI.tierWords[tier] }),
    ...(stream ? { stream: true } : {}),
  };
}

function itemsOf(turn: Turn): unknown[] {
  switch (turn.kind) {
    case 'user': {
      const { text, pngBase64 } = turn;
      const image =
        pngBase64 === undefined
          ? []
          : [{ type: 'input_image', image_url: `data:image/png;base64,${pngBase64}`, detail: 'auto' }];
      return [{ role: 'user', content: [{ type: 'input_text', text }, ...image] }];
    }
    case 'said':
      return listIn(turn.heard.turn, 'output');
    case 'results':
      return turn.results.map(({ call, text }) => ({ type: 'function_call_output', call_id: call.id, output: text }));
  }
}

function heardResponse(response: Json): Heard {
  if (response['object'] !== 'response') throw new Error(`object is ${String(response['object'])}`);
  const output = listIn(response['output'], 'output').map((item) => objectIn(item, 'an item of output'));
  const calls = output.filter(({ type }) => type === 'function_call').map(callOf);
  const parts = output
    .filter(({ type }) => type === 'message')
    .flatMap(({ content }) => listIn(content, 'content of a message'))
    .map((part) => objectIn(part, 'a part'));
  return {
    text: parts.map((part) => textIn(part['text'] ?? part['refusal'], 'the text of a part')).join(''),
    calls,
    stop: stopOf(response, calls.length > 0),
    model: textIn(response['model'], 'model'),
    tiers: response['service_tier'] === undefined ? [] : [textIn(response['service_tier'], 'service_tier')],
    usage: usageOf(response['usage']),
    turn: output,
    failure: null,
  };
}

function stopOf(response: Json, called: boolean): Heard['stop'] {
  const { status, incomplete_details: why } = response;
  if (status === 'completed') return called ? 'calls' : 'end';
  if (status === 'incomplete' && objectIn(why, 'incomplete_details')['reason'] === 'max_output_tokens') return 'length';
  throw new Error(`an unexpected status: ${String(status)}`);
}

function callOf(item: Json): Call {
  return {
    id: textIn(item['call_id'], 'call_id'),
    name: textIn(item['name'], 'the name of a call'),
    input: parsed(textIn(item['arguments'], 'arguments'), 'arguments'),
  };
}

function usageOf(value: unknown): HeardUsage | undefined {
  if (value === undefined || value === null) return undefined;
  const usage = objectIn(value, 'usage');
  const read = objectIn(usage['input_tokens_details'], 'input_tokens_details');
  const written = objectIn(usage['output_tokens_details'], 'output_tokens_details');
  const [input, output] = [countIn(usage['input_tokens'], 'input'), countIn(usage['output_tokens'], 'output')];
  if (usage['total_tokens'] !== input + output) throw new Error('total_tokens is not the sum');
  return {
    input,
    output,
    cached: countIn(read['cached_tokens'], 'cached_tokens'),
    cacheWrite: countIn(read['cache_write_tokens'] ?? 0, 'cache_write_tokens'),
    reasoning: countIn(written['reasoning_tokens'], 'reasoning_tokens'),
  };
}

/** What the deltas say must be what the last event has in one piece. */
function heardStream(reply: Reply): Heard {
  const events = sseEvents(reply.bytes).map(({ event, data }, index) => {
    const body = parsed(data, 'an event');
    if (body['type'] !== event) throw new Error(`the event ${String(event)} says that it is ${String(body['type'])}`);
    if (event !== 'error' && body['sequence_number'] !== index) {
      throw new Error(`event ${index} has the number ${String(body['sequence_number'])}`);
    }
    return body;
  });
  const text = deltas(events, 'response.output_text.delta');
  const last = events.at(-1);
  if (last === undefined) throw new Error('the stream is empty');
  if (last['type'] === 'error') return broken(text, problemIn(last));
  if (last['type'] === 'response.failed') {
    const response = objectIn(last['response'], 'response');
    return broken(text, problemIn(objectIn(response['error'], 'the error of the response')));
  }
  if (last['type'] !== 'response.completed' && last['type'] !== 'response.incomplete') {
    throw new Error(`the stream ends with ${String(last['type'])}`);
  }
  const heard = heardResponse(objectIn(last['response'], 'response'));
  if (heard.text !== text) throw new Error(`the deltas say "${text}", the whole says "${heard.text}"`);
  const spelled = deltas(events, 'response.function_call_arguments.delta');
  const calls = heard.turn as readonly Json[];
  const whole = calls.flatMap((item) => (item['type'] === 'function_call' ? [item['arguments']] : [])).join('');
  if (spelled !== whole) throw new Error(`the deltas say ${spelled}, the whole says ${whole}`);
  return heard;
}

function deltas(events: readonly Json[], type: string): string {
  return events
    .filter((event) => event['type'] === type)
    .map(({ delta }) => textIn(delta, 'delta'))
    .join('');
}

function broken(text: string, failure: WireProblem): Heard {
  return { text, calls: [], stop: 'end', model: undefined, tiers: [], usage: undefined, turn: null, failure };
}

function problemIn(error: Json): WireProblem {
  return { word: textIn(error['code'], 'code'), message: textIn(error['message'], 'message') };
}
