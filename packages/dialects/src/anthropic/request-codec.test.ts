import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Undecodable, Unsupported, type Feature } from '../canonical/feature.ts';
import type { CanonicalRequest, OpaqueState, Part } from '../canonical/request.ts';
import { canonicalRequest, type RequestCan } from '../canonical/testing/requests.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { carry } from './carried-state.ts';
import { decodeAnthropicRequest } from './request-decode.ts';
import { encodeAnthropicRequest } from './request-encode.ts';

const CALL = { model: 'claude-opus-5-5', stream: false, tierWord: null };
const BARE = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Name a river.' }] };

/** Everything that this wire can say. */
const CAN: RequestCan = {
  sampling: ['maxTokens', 'temperature', 'topP', 'topK', 'stop'],
  imageSources: ['base64', 'url'],
  imageTypes: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'],
  imageDetails: [],
  documentSources: ['base64', 'url', 'text'],
  documentTypes: ['application/pdf'],
  documentNames: true,
  urlTypes: false,
  toolResults: ['image', 'document'],
  toolResultTexts: true,
  toolErrors: true,
  toolStrict: true,
  parallelToolCalls: true,
  formats: ['schema'],
  formatNames: false,
  wishes: [
    { effort: 'none' },
    { effort: 'low' },
    { effort: 'max', visible: true },
    { budgetTokens: 2_048, visible: false },
    { budgetTokens: 4_096, effort: 'high' },
    { adaptive: true },
    { adaptive: true, visible: true },
  ],
  logprobs: false,
  user: true,
  cache: true,
  refusals: false,
  systemLater: true,
  thoughts: true,
  bareThoughts: false,
  states: ['anthropic'],
  callStates: [],
};

function encode(request: CanonicalRequest): JsonObject {
  return JSON.parse(JSON.stringify(encodeAnthropicRequest(request, CALL).body)) as JsonObject;
}

function decode(body: object): CanonicalRequest {
  return decodeAnthropicRequest({ ...BARE, ...body }, {});
}

function asked(more: Partial<CanonicalRequest>): CanonicalRequest {
  const messages = [{ role: 'user' as const, parts: [{ kind: 'text' as const, text: 'Hi' }] }];
  return { system: [], messages, tools: [], sampling: { maxTokens: 9 }, ignored: [], ...more };
}

/** What is the same thing said differently: a default, and what a URL of a document always leads to. */
function inWords(request: CanonicalRequest): CanonicalRequest {
  const { parallelToolCalls, ...rest } = request;
  const serial = parallelToolCalls === false && request.toolChoice !== 'none';
  return {
    ...rest,
    ...(serial ? { parallelToolCalls: false, toolChoice: request.toolChoice ?? 'auto' } : {}),
    messages: request.messages.map(({ role, parts }) => ({ role, parts: parts.map(typed) })),
  };
}

function typed<P extends Part>(part: P): P {
  if (part.kind === 'tool-result') return { ...part, parts: part.parts.map(typed) };
  if (part.kind !== 'document' || part.source.kind !== 'url') return part;
  return { ...part, source: { ...part.source, mediaType: 'application/pdf' } };
}

test('a request that is written and read again is the same', () => {
  const requests = canonicalRequest(CAN).filter(({ sampling }) => (sampling.temperature ?? 0) <= 1);
  fc.assert(
    fc.property(requests, (request) => {
      const bounded = { ...request, sampling: { maxTokens: 100_000, ...request.sampling } };
      expect(decodeAnthropicRequest(encode(bounded), {})).toEqual(inWords(bounded));
    }),
    { numRuns: 300 },
  );
});

describe('writing', () => {
  test('names model, tier and stream, and bounds every answer', () => {
    const { body } = encodeAnthropicRequest(asked({ sampling: {} }), {
      model: 'claude-haiku-5-5',
      stream: true,
      tierWord: 'standard_only',
    });
    expect(body).toEqual({
      model: 'claude-haiku-5-5',
      max_tokens: 32_000,
      messages: [{ role: 'user', content: 'Hi' }],
      service_tier: 'standard_only',
      stream: true,
    });
    expect(encode(asked({ sampling: {}, reasoning: { budgetTokens: 2_000 } }))['max_tokens']).toBe(34_000);
  });

  test('one role in a row is one turn, and results of tools come first in theirs', () => {
    const call = { kind: 'tool-call' as const, id: 'a.b', name: 'look', input: {} };
    const messages: CanonicalRequest['messages'] = [
      { role: 'user', parts: [{ kind: 'text', text: 'Look' }] },
      { role: 'assistant', parts: [call] },
      { role: 'user', parts: [{ kind: 'text', text: 'Well?' }] },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'a.b', parts: [{ kind: 'text', text: 'seen' }] }] },
    ];
    expect(encode(asked({ messages }))['messages']).toEqual([
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a_2e_b', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a_2e_b', content: [{ type: 'text', text: 'seen' }] },
          { type: 'text', text: 'Well?' },
        ],
      },
    ]);
  });

  test("other providers' thoughts and empty texts are left out", () => {
    const messages: CanonicalRequest['messages'] = [
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
      {
        role: 'assistant',
        parts: [
          { kind: 'reasoning', text: 'Hm', state: { from: 'gemini', form: 'thoughtSignature', data: 'QQ==' } },
          { kind: 'reasoning', text: 'Hm' },
          { kind: 'refusal', text: 'No.' },
          { kind: 'text', text: '' },
        ],
      },
      { role: 'user', parts: [{ kind: 'text', text: 'Why?' }] },
    ];
    expect(encode(asked({ messages }))['messages']).toMatchObject([{}, { role: 'assistant', content: 'No.' }, {}]);
  });

  test('plain text in base64 becomes text', () => {
    const source = { kind: 'base64' as const, mediaType: 'text/plain', data: Buffer.from('größer').toString('base64') };
    const messages = [{ role: 'user' as const, parts: [{ kind: 'document' as const, source }] }];
    expect(encode(asked({ messages }))['messages']).toEqual([
      {
        role: 'user',
        content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'größer' } }],
      },
    ]);
  });

  test('a detail of images is ignored, and said to be', () => {
    const image = { kind: 'image' as const, source: { kind: 'url' as const, url: 'https://a/b' } };
    const encoded = (detail: 'low' | 'auto'): readonly Feature[] =>
      encodeAnthropicRequest(asked({ messages: [{ role: 'user', parts: [{ ...image, detail }] }] }), CALL).ignored;
    expect(encoded('low')).toEqual(['image-detail']);
    expect(encoded('auto')).toEqual([]);
  });

  test("what equals the wire's own default is no obstacle", () => {
    const sampling = { maxTokens: 5, frequencyPenalty: 0, presencePenalty: 0, choices: 1, temperature: 1, stop: [] };
    const request = asked({ sampling, parallelToolCalls: true, toolChoice: 'auto', reasoning: { visible: false } });
    expect(encode(request)).toEqual({
      ...BARE,
      model: CALL.model,
      max_tokens: 5,
      temperature: 1,
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  test('every tool has a schema of an object', () => {
    const tools = [{ name: 'a' }, { name: 'b', schema: { properties: { c: {} } } }];
    expect(encode(asked({ tools }))['tools']).toEqual([
      { name: 'a', input_schema: { type: 'object', properties: {} } },
      { name: 'b', input_schema: { type: 'object', properties: { c: {} } } },
    ]);
  });

  test("a format's description finds its place", () => {
    const format = {
      kind: 'schema' as const,
      schema: { type: 'object' },
      description: 'A river',
      name: 'river',
      strict: true,
    };
    expect(encode(asked({ format }))['output_config']).toEqual({
      format: { type: 'json_schema', schema: { type: 'object', description: 'A river' } },
    });
  });

  const picture = (mediaType: string): Part => ({ kind: 'image', source: { kind: 'base64', mediaType, data: 'QQ==' } });
  const paper = (mediaType: string): Part => ({
    kind: 'document',
    source: { kind: 'base64', mediaType, data: 'QQ==' },
  });
  const said = (...parts: Part[]): Partial<CanonicalRequest> => ({ messages: [{ role: 'user', parts }] });

  test.each<[Feature, Partial<CanonicalRequest>]>([
    ['frequency-penalty', { sampling: { frequencyPenalty: 0.1 } }],
    ['presence-penalty', { sampling: { presencePenalty: -1 } }],
    ['seed', { sampling: { seed: 0 } }],
    ['choices', { sampling: { choices: 2 } }],
    ['temperature', { sampling: { temperature: 1.2 } }],
    ['logprobs', { logprobs: { top: 0 } }],
    ['format-json', { format: { kind: 'json' } }],
    ['reasoning-effort', { reasoning: { effort: 'minimal' } }],
    ['reasoning-budget', { reasoning: { budgetTokens: 500 } }],
    ['image-type', said(picture('image/tiff'))],
    ['document-type', said(paper('text/csv'))],
    ['document-type', said({ kind: 'document', source: { kind: 'url', url: 'https://a/b', mediaType: 'text/html' } })],
    ['message-order', said({ kind: 'tool-result', callId: 'never-called', parts: [] })],
    ['image', { messages: [{ role: 'assistant', parts: [picture('image/png')] }] }],
    ['document', { messages: [{ role: 'assistant', parts: [paper('application/pdf')] }] }],
  ])('%s is refused', (feature, more) => {
    const act = (): unknown => encodeAnthropicRequest(asked(more), CALL);
    expect(act).toThrow(Unsupported);
    expect(act).toThrow(expect.objectContaining({ feature }) as Error);
  });
});

describe('reading', () => {
  test('the forms of one thing', () => {
    expect(decode({ system: 'Be brief.' }).system).toEqual([{ kind: 'text', text: 'Be brief.' }]);
    expect(decode({ output_format: { type: 'json_schema', schema: {} } }).format).toEqual({
      kind: 'schema',
      schema: {},
    });
    expect(decode({ output_config: { effort: 'low' } }).reasoning).toEqual({ effort: 'low' });
    expect(decode({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }).reasoning).toEqual({
      effort: 'low',
    });
    const messages = [{ role: 'system', content: 'Be brief.' }, ...BARE.messages];
    expect(decode({ messages })).toEqual(decode({ system: 'Be brief.' }));
  });

  test('a mark for the whole prompt lies on its last part', () => {
    expect(decode({ cache_control: { type: 'ephemeral', ttl: '1h' } }).messages).toEqual([
      { role: 'user', parts: [{ kind: 'text', text: 'Name a river.', cache: '1h' }] },
    ]);
  });

  test('a result of a tool knows the name of the tool', () => {
    const messages = [
      ...BARE.messages,
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 't', name: 'look', input: {}, caller: { type: 'direct' } }],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'a river', is_error: false }] },
    ];
    expect(decode({ messages }).messages[2]!.parts).toEqual([
      { kind: 'tool-result', callId: 't', name: 'look', parts: [{ kind: 'text', text: 'a river' }] },
    ]);
  });

  test('a prompt that is only counted has no bound', () => {
    const { max_tokens: _, ...counted } = BARE;
    expect(decodeAnthropicRequest(counted, { operation: 'count-tokens' }).sampling).toEqual({});
    expect(() => decodeAnthropicRequest(counted, {})).toThrow(/max_tokens|missing/);
  });

  test("other providers' state comes back from where clients keep it", () => {
    const thought: OpaqueState = { from: 'openai', form: 'encrypted', data: 'gAAA', id: 'rs_1' };
    const ofCall: OpaqueState = { from: 'gemini', form: 'thoughtSignature', data: 'Q1Q=' };
    const content = [
      { type: 'thinking', thinking: 'Hm', signature: carry(thought, false) },
      { type: 'redacted_thinking', data: carry(thought, false) },
      { type: 'redacted_thinking', data: carry(ofCall, true) },
      { type: 'tool_use', id: 't', name: 'look', input: {} },
      { type: 'tool_use', id: 'u', name: 'look', input: {} },
    ];
    expect(decode({ messages: [...BARE.messages, { role: 'assistant', content }] }).messages[1]!.parts).toEqual([
      { kind: 'reasoning', text: 'Hm', state: thought },
      { kind: 'reasoning', text: '', state: thought },
      { kind: 'tool-call', id: 't', name: 'look', input: {}, state: ofCall },
      { kind: 'tool-call', id: 'u', name: 'look', input: {} },
    ]);
  });

  test('defaults, and what is nobody else’s business, are no obstacle', () => {
    const request = decode({
      stream: true,
      service_tier: 'auto',
      speed: 'standard',
      container: null,
      mcp_servers: [],
      diagnostics: { previous_message_id: 'msg_1' },
      metadata: { user_id: 'u-1' },
      tool_choice: { type: 'auto', disable_parallel_tool_use: false },
      tools: [
        { type: 'custom', name: 'a', input_schema: { type: 'object', properties: {} }, eager_input_streaming: true },
      ],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x', citations: null, cache_control: null }] }],
    });
    expect(request).toMatchObject({ user: 'u-1', toolChoice: 'auto', tools: [{ name: 'a' }] });
    expect(request.ignored).toEqual(['diagnostics', 'tools[0].eager_input_streaming']);
    expect(request.parallelToolCalls).toBeUndefined();
    expect(request.tools[0]!.schema).toBeUndefined();
  });

  const block = (content: object, role = 'user'): object => ({
    messages: [...BARE.messages, { role, content: [content] }],
  });

  test.each<[string, 'invalid' | 'untranslatable', object]>([
    ['mcp_servers', 'untranslatable', { mcp_servers: [{ type: 'url', url: 'https://a', name: 'a' }] }],
    ['container', 'untranslatable', { container: 'c_1' }],
    ['context_management', 'untranslatable', { context_management: { edits: [] } }],
    ['inference_geo', 'untranslatable', { inference_geo: 'eu' }],
    ['speed', 'untranslatable', { speed: 'fast' }],
    ['speed', 'invalid', { speed: 'slow' }],
    ['frequency_penalty', 'untranslatable', { frequency_penalty: 1 }],
    ['max_tokens', 'invalid', { max_tokens: null }],
    ['stop_sequences', 'invalid', { stop_sequences: [1] }],
    ['tools[0].type', 'untranslatable', { tools: [{ type: 'web_search_20260318', name: 'web_search' }] }],
    ['tools[0].input_schema', 'invalid', { tools: [{ name: 'a' }] }],
    [
      'tools[0].allowed_callers',
      'untranslatable',
      { tools: [{ name: 'a', input_schema: {}, allowed_callers: ['code_execution_20260120'] }] },
    ],
    ['tool_choice.type', 'invalid', { tool_choice: { type: 'required' } }],
    ['thinking.type', 'untranslatable', { thinking: { type: 'between_tools' } }],
    ['thinking.type', 'untranslatable', { thinking: { type: 'disabled' }, output_config: { effort: 'max' } }],
    ['thinking.budget_tokens', 'invalid', { thinking: { type: 'enabled' } }],
    ['output_config.task_budget', 'untranslatable', { output_config: { task_budget: { type: 'tokens', total: 9 } } }],
    ['output_config.format.type', 'invalid', { output_config: { format: { type: 'regex' } } }],
    ['messages[0].role', 'invalid', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', 'invalid', { messages: [{ role: 'user', content: '' }] }],
    ['messages[1].content[0].type', 'untranslatable', block({ type: 'web_search_tool_result' }, 'assistant')],
    ['messages[1].content[0].type', 'invalid', block({ type: 'tool_use', id: 'a', name: 'b', input: {} })],
    [
      'messages[1].content[0].input',
      'invalid',
      block({ type: 'tool_use', id: 'a', name: 'b', input: 'x' }, 'assistant'),
    ],
    [
      'messages[1].content[0].caller.type',
      'untranslatable',
      block(
        { type: 'tool_use', id: 'a', name: 'b', input: {}, caller: { type: 'code_execution_20250825', tool_id: 'x' } },
        'assistant',
      ),
    ],
    [
      'messages[1].content[0].source.type',
      'untranslatable',
      block({ type: 'image', source: { type: 'file', file_id: 'f' } }),
    ],
    [
      'messages[1].content[0].citations.enabled',
      'untranslatable',
      block({ type: 'document', citations: { enabled: true }, source: { type: 'text', data: 'x' } }),
    ],
    [
      'messages[1].content[0].content[0].type',
      'untranslatable',
      block({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'search_result' }] }),
    ],
    [
      'messages[1].content[0].cache_control.ttl',
      'invalid',
      block({ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }),
    ],
  ])('%s is told as %s', (param, kind, body) => {
    expect(() => decode(body)).toThrow(expect.objectContaining({ name: 'Undecodable', kind, param }) as Error);
  });

  test('whatever is sent, it is read or refused by name', () => {
    const members = [
      'messages',
      'system',
      'tools',
      'tool_choice',
      'thinking',
      'output_config',
      'metadata',
      'x',
    ] as const;
    const anything = fc.jsonValue({ maxDepth: 4 });
    const body = fc.record(Object.fromEntries(members.map((member) => [member, anything])), { requiredKeys: [] });
    fc.assert(
      fc.property(body, (members) => {
        try {
          decode(members);
        } catch (error) {
          expect(error).toBeInstanceOf(Undecodable);
        }
      }),
    );
  });
});
