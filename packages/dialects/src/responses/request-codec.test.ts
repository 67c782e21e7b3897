import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRequest, type RequestCan } from '../canonical/testing/requests.ts';
import { FEATURES, Undecodable, Unsupported } from '../canonical/feature.ts';
import type { CanonicalRequest, Message } from '../canonical/request.ts';
import type { UpstreamCall } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { RESPONSES_CODEC } from './codec.ts';

const CALL: UpstreamCall = { model: 'up', stream: false, tierWord: null };
const BARE: CanonicalRequest = {
  system: [],
  messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Name a river.' }] }],
  tools: [],
  sampling: {},
  ignored: [],
};

function decoded(body: JsonObject): CanonicalRequest {
  return RESPONSES_CODEC.decodeRequest({ model: 'm', input: 'Name a river.', ...body }, {});
}

function faultOf(body: JsonObject): Undecodable {
  try {
    decoded(body);
  } catch (error) {
    if (error instanceof Undecodable) return error;
    throw error;
  }
  throw new Error('it was decoded');
}

function encoded(request: Partial<CanonicalRequest>, to: UpstreamCall = CALL): JsonObject {
  return RESPONSES_CODEC.encodeRequest({ ...BARE, ...request }, to).body;
}

const CAN: RequestCan = {
  sampling: ['maxTokens', 'temperature', 'topP'],
  imageSources: ['base64', 'url'],
  imageTypes: ['image/png', 'image/jpeg'],
  imageDetails: ['auto', 'low', 'high'],
  documentSources: ['base64', 'url'],
  documentTypes: ['application/pdf', 'text/csv'],
  documentNames: true,
  urlTypes: false,
  toolResults: ['image', 'document'],
  toolResultTexts: true,
  toolErrors: false,
  toolStrict: true,
  parallelToolCalls: true,
  formats: ['json', 'schema'],
  formatNames: true,
  wishes: [{ effort: 'minimal' }, { effort: 'xhigh', visible: true }, { visible: true }],
  logprobs: true,
  user: true,
  cache: false,
  refusals: true,
  systemLater: true,
  thoughts: true,
  bareThoughts: false,
  states: ['openai'],
  callStates: [],
};

/** What the wire says in another form: results apart from other words, and what it demands. */
function inItsForm(request: CanonicalRequest): CanonicalRequest {
  const messages = request.messages.flatMap(({ role, parts }): Message[] => {
    const named = (part: Message['parts'][number]): Message['parts'][number] =>
      part.kind === 'document' && part.source.kind === 'base64' ? { ...part, name: part.name ?? 'document.pdf' } : part;
    const results = parts
      .filter((part) => part.kind === 'tool-result')
      .map((part) => ({ ...part, parts: part.parts.map(named) as typeof part.parts }));
    const rest = parts.filter((part) => part.kind !== 'tool-result').map(named);
    if (results.length === 0) return [{ role, parts: rest }];
    return [{ role, parts: results }, ...(rest.length === 0 ? [] : [{ role, parts: rest }])];
  });
  const { format } = request;
  const named = format?.kind === 'schema' ? { format: { ...format, name: format.name ?? 'answer' } } : {};
  const tools = request.tools.map((tool) => ({ ...tool, strict: tool.strict ?? false }));
  return { ...request, messages, tools, ...named };
}

test('a request comes back from the wire as it was', () => {
  fc.assert(
    fc.property(canonicalRequest(CAN), (request) => {
      const { body, ignored } = RESPONSES_CODEC.encodeRequest(request, CALL);
      const sent = { ...(JSON.parse(JSON.stringify(body)) as JsonObject), store: null };
      expect(RESPONSES_CODEC.decodeRequest(sent, {})).toEqual(inItsForm(request));
      expect(ignored).toEqual([]);
    }),
  );
});

describe('reading', () => {
  test('a plain question, with all that only has to be the default', () => {
    const defaults = {
      stream: true,
      stream_options: { include_obfuscation: false },
      service_tier: 'flex',
      previous_response_id: 'resp_1',
      store: false,
      metadata: {},
      background: false,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      reasoning: { mode: 'standard' },
      include: ['reasoning.encrypted_content'],
      top_logprobs: 0,
      tools: [],
      conversation: null,
    };
    expect(decoded(defaults)).toEqual(BARE);
  });

  test('instructions stand before what the input says first', () => {
    const input = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: 'a' },
      { role: 'system', content: [{ type: 'input_text', text: 'Be rude.' }] },
    ];
    expect(decoded({ instructions: 'Be kind.', input })).toMatchObject({
      system: [{ text: 'Be kind.' }, { text: 'Be brief.' }],
      messages: [{ role: 'user' }, { role: 'system', parts: [{ text: 'Be rude.' }] }],
    });
  });

  test("an answer's items come back as one message, whatever its SDK added to them", () => {
    const input = [
      { role: 'user', content: 'How is it in Ulm and Bonn?' },
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: 'Two calls.' }],
        encrypted_content: 'enc',
        status: null,
      },
      {
        type: 'message',
        id: 'msg_1',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Let me see.', annotations: [], logprobs: [], parsed: null }],
      },
      {
        type: 'function_call',
        id: 'fc_1',
        status: 'completed',
        call_id: 'a',
        name: 'weather',
        arguments: '{"at":"Ulm"}',
        parsed_arguments: {},
      },
      { type: 'function_call', call_id: 'b', name: 'weather', arguments: '{"at":"Bonn"}' },
      { type: 'function_call_output', call_id: 'a', output: 'rain' },
      { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'sun' }] },
    ];
    expect(decoded({ input }).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          {
            kind: 'reasoning',
            text: 'Two calls.',
            state: { from: 'openai', form: 'encrypted', data: 'enc', id: 'rs_1' },
          },
          { kind: 'text', text: 'Let me see.' },
          { kind: 'tool-call', id: 'a', name: 'weather', input: { at: 'Ulm' } },
          { kind: 'tool-call', id: 'b', name: 'weather', input: { at: 'Bonn' } },
        ],
      },
      {
        role: 'user',
        parts: [
          { kind: 'tool-result', callId: 'a', name: 'weather', parts: [{ kind: 'text', text: 'rain' }] },
          { kind: 'tool-result', callId: 'b', name: 'weather', parts: [{ kind: 'text', text: 'sun' }] },
        ],
      },
    ]);
  });

  test('thoughts without a word and without state are none', () => {
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { role: 'user', content: 'a' },
    ];
    expect(decoded({ input }).messages).toEqual([{ role: 'user', parts: [{ kind: 'text', text: 'a' }] }]);
  });

  test('what changes nothing is noted', () => {
    const body = { metadata: { run: '7' }, store: true, truncation: 'auto', include: ['web_search_call.results'] };
    expect(decoded(body).ignored).toEqual(['metadata', 'store', 'truncation', 'include']);
  });

  test('log probabilities by either way to ask for them', () => {
    expect(decoded({ include: ['message.output_text.logprobs'] }).logprobs).toEqual({ top: 0 });
    expect(decoded({ top_logprobs: 3 }).logprobs).toEqual({ top: 3 });
  });

  const item = (entry: object): JsonObject => ({ input: [entry] });
  const part = (entry: object): JsonObject => item({ role: 'user', content: [entry] });

  test.each<[string, JsonObject]>([
    ['background', { background: true }],
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['tools[0].type', { tools: [{ type: 'mcp', server_label: 'a' }] }],
    ['tools[0].defer_loading', { tools: [{ type: 'function', name: 'f', defer_loading: true }] }],
    ['tool_choice.type', { tool_choice: { type: 'allowed_tools' } }],
    ['text.verbosity', { text: { verbosity: 'high' } }],
    ['reasoning.mode', { reasoning: { mode: 'pro' } }],
    ['input[0].type', item({ type: 'item_reference', id: 'msg_1' })],
    ['input[0].type', item({ type: 'web_search_call', id: 'ws_1' })],
    [
      'input[0].caller',
      item({ type: 'function_call', call_id: 'a', name: 'f', arguments: '', caller: { type: 'program' } }),
    ],
    ['input[0].content[0].file_id', part({ type: 'input_image', file_id: 'file-1' })],
    ['input[0].content[0].file_id', part({ type: 'input_file', file_id: 'file-1' })],
    ['input[0].content[0].type', part({ type: 'input_audio' })],
    ['min_p', { min_p: 1 }],
  ])('%s is untranslatable in %j', (param, body) => {
    expect(faultOf(body)).toMatchObject({ kind: 'untranslatable', param });
  });

  test.each<[string, JsonObject]>([
    ['input', { input: 7 }],
    ['input[0]', { input: ['a'] }],
    ['input[0].type', item({ type: 'thing' })],
    ['input[0].role', item({ content: 'a' })],
    ['input[0].role', item({ role: 'tool', content: 'a' })],
    ['input[0].content', item({ role: 'user' })],
    ['input[0].content[0].type', part({ type: 'text', text: 'a' })],
    ['input[0].content[0].image_url', part({ type: 'input_image', image_url: 'ftp://a' })],
    ['input[0].content[0].file_url', part({ type: 'input_file' })],
    [
      'input[0].content',
      item({ role: 'system', content: [{ type: 'input_image', image_url: 'https://a.example/b.png' }] }),
    ],
    ['input[0].arguments', item({ type: 'function_call', call_id: 'a', name: 'f', arguments: '[' })],
    ['input[0].output', item({ type: 'function_call_output', call_id: 'a' })],
    ['max_output_tokens', { max_output_tokens: 0 }],
    ['tool_choice', { tool_choice: 'any' }],
    ['text.format.type', { text: { format: { type: 'yaml' } } }],
  ])('%s is invalid in %j', (param, body) => {
    expect(faultOf(body)).toMatchObject({ kind: 'invalid', param });
  });

  test('whatever the body is, it is read or refused', () => {
    const members = fc.constantFrom(
      'input',
      'tools',
      'tool_choice',
      'text',
      'reasoning',
      'include',
      'instructions',
      'x',
    );
    const inner = fc.dictionary(
      fc.constantFrom('role', 'content', 'type', 'output', 'summary', 'call_id'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.dictionary(members, fc.oneof(fc.jsonValue(), fc.array(inner))), (body) => {
        try {
          RESPONSES_CODEC.decodeRequest(body, {});
        } catch (error) {
          expect(error).toBeInstanceOf(Undecodable);
        }
      }),
    );
  });
});

describe('writing', () => {
  test('a plain question is not kept by the provider', () => {
    expect(encoded({}, { model: 'up', stream: true, tierWord: 'flex' })).toEqual({
      model: 'up',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Name a river.' }] }],
      service_tier: 'flex',
      store: false,
      stream: true,
    });
  });

  test('tools are not strict unless it was said, and state is asked for where there are thoughts', () => {
    const body = encoded({ tools: [{ name: 'f' }], toolChoice: { name: 'f' }, reasoning: { effort: 'low' } });
    expect(body).toMatchObject({
      tools: [{ type: 'function', name: 'f', parameters: null, strict: false }],
      tool_choice: { type: 'function', name: 'f' },
      reasoning: { effort: 'low' },
      include: ['reasoning.encrypted_content'],
    });
    expect(encoded({})).not.toHaveProperty('include');
  });

  test("other providers' thoughts stay behind", () => {
    const parts: Message['parts'] = [
      { kind: 'reasoning', text: 'a' },
      { kind: 'reasoning', text: 'b', state: { from: 'anthropic', form: 'signature', data: 's' } },
      { kind: 'text', text: 'c' },
    ];
    expect(encoded({ messages: [{ role: 'assistant', parts }] })['input']).toEqual([
      { role: 'assistant', content: [{ type: 'output_text', text: 'c' }] },
    ]);
  });

  test('the order of what the assistant did is kept', () => {
    const call = { kind: 'tool-call', id: 'a', name: 'f', input: {} } as const;
    const parts: Message['parts'] = [{ kind: 'text', text: '1' }, call, { kind: 'text', text: '2' }];
    expect(encoded({ messages: [{ role: 'assistant', parts }] })['input']).toMatchObject([
      { content: [{ text: '1' }] },
      { type: 'function_call', call_id: 'a' },
      { content: [{ text: '2' }] },
    ]);
  });

  test('a thought of OpenAI’s that has its id and no content would be looked up there, and is left out', () => {
    const thought = (data: string): Message['parts'][number] => {
      return { kind: 'reasoning', text: '', state: { from: 'openai', form: 'encrypted', data, id: 'rs_1' } };
    };
    const said = { kind: 'text', text: 'The Po.' } as const;
    const input = (data: string): unknown =>
      encoded({ messages: [...BARE.messages, { role: 'assistant', parts: [thought(data), said] }, ...BARE.messages] })[
        'input'
      ];
    expect(input('enc')).toMatchObject([{}, { type: 'reasoning', id: 'rs_1' }, { role: 'assistant' }, {}]);
    expect(input('')).toMatchObject([{ role: 'user' }, { role: 'assistant' }, { role: 'user' }]);
  });

  test('what is left out is told', () => {
    const parts: Message['parts'] = [
      { kind: 'tool-result', callId: 'a', parts: [{ kind: 'text', text: 'failed' }], isError: true },
      { kind: 'text', text: 'a', cache: '5m' },
      { kind: 'document', source: { kind: 'text', text: 'b' }, name: 'notes' },
    ];
    const { body, ignored } = RESPONSES_CODEC.encodeRequest({ ...BARE, messages: [{ role: 'user', parts }] }, CALL);
    expect([...ignored].sort()).toEqual(['cache', 'document-name', 'tool-result-error']);
    expect(body['input']).toEqual([
      { type: 'function_call_output', call_id: 'a', output: 'failed' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_text', text: 'b' },
        ],
      },
    ]);
  });

  test.each<[string, Partial<CanonicalRequest>]>([
    ['top-k', { sampling: { topK: 1 } }],
    ['frequency-penalty', { sampling: { frequencyPenalty: 1 } }],
    ['presence-penalty', { sampling: { presencePenalty: 1 } }],
    ['seed', { sampling: { seed: 1 } }],
    ['stop', { sampling: { stop: ['a'] } }],
    ['choices', { sampling: { choices: 2 } }],
    ['reasoning-budget', { reasoning: { budgetTokens: 9 } }],
    [
      'tool-result-error',
      { messages: [{ role: 'user', parts: [{ kind: 'tool-result', callId: 'a', parts: [], isError: true }] }] },
    ],
  ])('%s has no place', (feature, request) => {
    try {
      encoded(request);
    } catch (error) {
      expect(error).toBeInstanceOf(Unsupported);
      expect((error as Unsupported).feature).toBe(feature);
      return;
    }
    throw new Error('it was encoded');
  });

  test('what equals the default has', () => {
    expect(encoded({ sampling: { frequencyPenalty: 0, presencePenalty: 0, choices: 1, stop: [] } })).toMatchObject({
      model: 'up',
    });
  });

  test('every feature has a name', () => {
    for (const feature of FEATURES) expect(RESPONSES_CODEC.paramOf(feature)).toMatch(/^[a-z_.[\]]+$/);
    expect(RESPONSES_CODEC.paramOf('max-tokens')).toBe('max_output_tokens');
  });
});
