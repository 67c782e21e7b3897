import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Undecodable, Unsupported } from '../canonical/feature.ts';
import type { CanonicalRequest, Message, Part } from '../canonical/request.ts';
import { canonicalRequest, type RequestCan } from '../canonical/testing/requests.ts';
import type { EncodedRequest } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { carry } from './carried-state.ts';
import { DOCUMENT_TYPES, IMAGE_TYPES } from './formats.ts';
import { decodeConverse } from './request-decode.ts';
import { encodeConverse } from './request-encode.ts';

const CLAUDE = 'anthropic.claude-opus-4-6-v1:0';

function encode(
  request: Partial<CanonicalRequest>,
  model: string = CLAUDE,
  tierWord: string | null = null,
): EncodedRequest {
  const whole: CanonicalRequest = {
    system: [],
    messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Name a river.' }] }],
    tools: [],
    sampling: {},
    ignored: [],
    ...request,
  };
  return encodeConverse(whole, { model, stream: false, tierWord });
}

function decode(body: JsonObject): CanonicalRequest {
  return decodeConverse({ messages: [{ role: 'user', content: [{ text: 'Name a river.' }] }], ...body });
}

/** What the model said or asked before. */
function said(...parts: Part[]): Message[] {
  return [
    { role: 'user', parts: [{ kind: 'text', text: 'Weather?' }] },
    { role: 'assistant', parts },
  ];
}

/** As it comes off the network. */
function sent({ body }: EncodedRequest): JsonObject {
  return JSON.parse(JSON.stringify(body)) as JsonObject;
}

const CAN: RequestCan = {
  sampling: ['maxTokens', 'topP', 'topK', 'stop'],
  imageSources: ['base64'],
  imageTypes: [...IMAGE_TYPES.values()],
  imageDetails: [],
  documentSources: ['base64', 'text'],
  documentTypes: [...DOCUMENT_TYPES.values()],
  documentNames: false,
  urlTypes: false,
  toolResults: ['image', 'document'],
  toolResultTexts: true,
  toolErrors: true,
  toolStrict: true,
  parallelToolCalls: true,
  formats: ['schema'],
  formatNames: false,
  wishes: [
    { effort: 'low' },
    { effort: 'none' },
    { budgetTokens: 2_048 },
    { adaptive: true },
    { adaptive: true, effort: 'max', visible: false },
    { budgetTokens: 1_024, visible: true },
  ],
  logprobs: false,
  user: false,
  cache: true,
  refusals: false,
  systemLater: true,
  thoughts: true,
  bareThoughts: false,
  states: ['bedrock'],
  callStates: [],
};

/** What is the case anyway need not be said again, and documents are given names. */
function normal(request: CanonicalRequest): CanonicalRequest {
  const { toolChoice, parallelToolCalls, tools, format, ...rest } = request;
  const messages = request.messages.map(({ role, parts }) => ({ role, parts: parts.map(nameless) }));
  return {
    ...rest,
    messages,
    tools: tools.map((tool) => ({ ...tool, schema: tool.schema ?? { type: 'object', properties: {} } })),
    ...(toolChoice === undefined || toolChoice === 'auto' ? {} : { toolChoice }),
    ...(parallelToolCalls === false ? { parallelToolCalls } : {}),
    ...(format?.kind === 'schema' ? { format: { ...format, strict: true } } : {}),
  };
}

function nameless(part: Part): Part {
  if (part.kind === 'tool-result') {
    // Nothing inside a result can be marked for a cache.
    const parts = part.parts.map(({ cache: _cache, ...inner }) => nameless(inner) as (typeof part.parts)[number]);
    return { ...part, parts };
  }
  if (part.kind !== 'document') return part;
  const { name: _name, ...rest } = part;
  return rest;
}

/** What the wire refuses although each part of it has a place; told by tests of their own. */
function sayable(request: CanonicalRequest): boolean {
  const called = request.messages.some(({ parts }) => parts.some(({ kind }) => kind.startsWith('tool-')));
  return request.toolChoice !== 'none' && (!called || request.tools.length > 0);
}

describe('what the wire has a place for', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(canonicalRequest(CAN).filter(sayable), (request) => {
        expect(normal(decodeConverse(sent(encode(request))))).toEqual(normal(request));
      }),
      { numRuns: 300 },
    );
  });

  test('a request that says everything, as Bedrock is sent it', () => {
    const { body, ignored } = encode(
      {
        system: [{ kind: 'text', text: 'Be brief.', cache: '1h' }],
        messages: [
          { role: 'user', parts: [{ kind: 'text', text: 'Weather?', cache: '5m' }] },
          {
            role: 'assistant',
            parts: [
              { kind: 'reasoning', text: 'Hm', state: { from: 'bedrock', form: 'signature', data: 'c2ln' } },
              { kind: 'tool-call', id: 't1', name: 'weather', input: { city: 'Ulm' } },
            ],
          },
          {
            role: 'user',
            parts: [
              { kind: 'tool-result', callId: 't1', parts: [{ kind: 'text', text: 'none' }], isError: true },
              { kind: 'document', source: { kind: 'text', text: 'Notes' }, name: 'my notes_v1.txt' },
            ],
          },
        ],
        tools: [{ name: 'weather', schema: { type: 'object' }, strict: true, cache: '5m' }],
        toolChoice: { name: 'weather' },
        format: { kind: 'schema', schema: { type: 'object' }, name: 'river' },
        reasoning: { budgetTokens: 1_024 },
        sampling: { maxTokens: 2_000, temperature: 1, topP: 0.9, topK: 5, stop: ['END'] },
        user: 'u-1',
      },
      CLAUDE,
      'flex',
    );
    expect(ignored).toEqual(['user', 'document-name']);
    expect(body).toEqual({
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [
        { role: 'user', content: [{ text: 'Weather?' }, { cachePoint: { type: 'default' } }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2ln' } } },
            { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Ulm' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 't1', content: [{ text: 'none' }], status: 'error' } },
            { document: { format: 'txt', name: 'my notes-v1-txt', source: { text: 'Notes' } } },
          ],
        },
      ],
      inferenceConfig: { maxTokens: 2_000, temperature: 1, topP: 0.9, stopSequences: ['END'] },
      toolConfig: {
        tools: [
          { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } }, strict: true } },
          { cachePoint: { type: 'default' } },
        ],
        toolChoice: { tool: { name: 'weather' } },
      },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 }, top_k: 5 },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: '{"type":"object"}', name: 'river' } },
        },
      },
      serviceTier: { type: 'flex' },
    });
  });

  test('a bare request says nothing else', () => {
    expect(encode({}).body).toEqual({ messages: [{ role: 'user', content: [{ text: 'Name a river.' }] }] });
  });
});

describe('messages as Bedrock wants them', () => {
  test('two of a role in a row become one, and what is empty goes', () => {
    const text = (value: string): Part => ({ kind: 'text', text: value });
    const { body } = encode({
      messages: [
        { role: 'user', parts: [text('a'), text('')] },
        { role: 'user', parts: [text('b')] },
        { role: 'assistant', parts: [text('')] },
        { role: 'user', parts: [text('c')] },
      ],
    });
    expect(body['messages']).toEqual([{ role: 'user', content: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] }]);
  });

  test('thoughts of others, or of nobody, are left out', () => {
    const { body, ignored } = encode({
      messages: said(
        { kind: 'reasoning', text: 'a' },
        { kind: 'reasoning', text: 'b', state: { from: 'anthropic', form: 'signature', data: 'x' } },
        { kind: 'reasoning', text: '', state: { from: 'bedrock', form: 'redacted', data: 'cmVk' } },
        { kind: 'refusal', text: 'No.' },
      ),
    });
    expect(ignored).toEqual([]);
    expect((body['messages'] as JsonObject[])[1]).toEqual({
      role: 'assistant',
      content: [{ reasoningContent: { redactedContent: 'cmVk' } }, { text: 'No.' }],
    });
  });

  test('documents have names of which each is there once', () => {
    const document = (name?: string): Part => ({
      kind: 'document',
      source: { kind: 'base64', mediaType: 'application/pdf', data: 'AAAA' },
      ...(name === undefined ? {} : { name }),
    });
    const { body, ignored } = encode({
      messages: [{ role: 'user', parts: [document(), document(), document('a'), document('a'), document('  ')] }],
    });
    const names = (body['messages'] as { content: { document: { name: string } }[] }[])[0]!.content.map(
      (block) => block.document.name,
    );
    expect(names).toEqual(['document-1', 'document-2', 'a', 'a-2', 'document-3']);
    expect(ignored).toEqual(['document-name']);
  });
});

describe('what depends on the family of the model', () => {
  const low = { effort: 'low' } as const;
  test.each<[string, Partial<CanonicalRequest>, JsonObject]>([
    [CLAUDE, { reasoning: low }, { outputConfig: { effort: 'low' } }],
    ['deepseek.v3', { reasoning: low }, { outputConfig: { effort: 'low' } }],
    ['openai.gpt-oss-120b-1:0', { reasoning: low }, { additionalModelRequestFields: { reasoning_effort: 'low' } }],
    [
      'openai.gpt-5.6',
      { reasoning: { effort: 'minimal' } },
      { additionalModelRequestFields: { reasoning: { effort: 'minimal' } } },
    ],
    [
      'us.amazon.nova-2-lite-v1:0',
      { reasoning: low, sampling: { topK: 3 } },
      {
        additionalModelRequestFields: {
          reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' },
          inferenceConfig: { topK: 3 },
        },
      },
    ],
    [
      'amazon.nova-2-lite-v1:0',
      { reasoning: { effort: 'none' } },
      { additionalModelRequestFields: { reasoningConfig: { type: 'disabled' } } },
    ],
    ['deepseek.v3', { reasoning: { adaptive: true, visible: true } }, {}],
  ])('%s: %j', (model, request, wanted) => {
    const { body } = encode(request, model);
    expect(body).toMatchObject(wanted);
    const { additionalModelRequestFields, outputConfig } = body;
    expect({ additionalModelRequestFields, outputConfig }).toEqual({
      additionalModelRequestFields: wanted['additionalModelRequestFields'],
      outputConfig: wanted['outputConfig'],
    });
    const { adaptive: _adaptive, visible: _visible, ...wish } = request.reasoning!;
    expect(decode(body).reasoning ?? {}).toEqual(wish);
    expect(decode(body).sampling).toEqual(request.sampling ?? {});
  });
});

describe('what has no place is named', () => {
  const tools = [{ name: 'weather' }];
  const call: Part = { kind: 'tool-call', id: 't1', name: 'weather', input: {} };
  const picture = (source: Extract<Part, { kind: 'image' }>['source']): Partial<CanonicalRequest> => ({
    messages: [{ role: 'user', parts: [{ kind: 'image', source }] }],
  });
  test.each<[string, Partial<CanonicalRequest>, string?]>([
    ['temperature', { sampling: { temperature: 1.5 } }],
    ['top-k', { sampling: { topK: 3 } }, 'meta.llama4'],
    ['frequency-penalty', { sampling: { frequencyPenalty: 0.5 } }],
    ['presence-penalty', { sampling: { presencePenalty: -0.5 } }],
    ['seed', { sampling: { seed: 7 } }],
    ['choices', { sampling: { choices: 2 } }],
    ['logprobs', { logprobs: { top: 0 } }],
    ['format-json', { format: { kind: 'json' } }],
    ['reasoning-effort', { reasoning: { effort: 'minimal' } }],
    ['reasoning-effort', { reasoning: { effort: 'none' } }, 'deepseek.v3'],
    ['reasoning-budget', { reasoning: { budgetTokens: 5 } }, 'deepseek.v3'],
    ['reasoning-visible', { reasoning: { visible: false } }, 'deepseek.v3'],
    ['parallel-tool-calls', { tools, parallelToolCalls: false }, 'deepseek.v3'],
    ['tool-choice', { toolChoice: 'required' }],
    ['tool-choice', { tools, toolChoice: 'none', messages: said(call) }],
    ['tools', { messages: said(call) }],
    ['image-url', picture({ kind: 'url', url: 'https://files.example/a.png' })],
    ['image-type', picture({ kind: 'base64', mediaType: 'image/tiff', data: 'AAAA' })],
    ['message-order', { messages: [] }],
    ['message-order', { messages: said(call).slice(1), tools }],
  ])('%s: %j', (feature, request, model) => {
    expect(() => encode(request, model)).toThrow(Unsupported);
    expect(() => encode(request, model)).toThrow(expect.objectContaining({ feature }));
  });

  test('but what is the case anyway has', () => {
    const same = encode({
      sampling: { frequencyPenalty: 0, presencePenalty: 0, choices: 1, stop: [] },
      toolChoice: 'none',
      parallelToolCalls: true,
    });
    expect(Object.keys(same.body)).toEqual(['messages']);
    expect(encode({ tools, toolChoice: 'none' }).body['toolConfig']).toBeUndefined();
  });

  test('and what changes nothing is told as left out', () => {
    const { ignored } = encode({
      tools,
      messages: [
        ...said(call),
        {
          role: 'user',
          parts: [
            { kind: 'tool-result', callId: 't1', parts: [{ kind: 'text', text: 'x', cache: '5m' }] },
            { kind: 'image', source: { kind: 'base64', mediaType: 'image/jpg', data: 'AAAA' }, detail: 'low' },
          ],
        },
      ],
    });
    expect(ignored).toEqual(['cache', 'image-detail']);
  });
});

describe('reading what clients write', () => {
  test('the settings of models, each in its own words', () => {
    const fields = (additionalModelRequestFields: JsonObject): CanonicalRequest =>
      decode({ additionalModelRequestFields });
    expect(fields({ thinking: { type: 'adaptive', display: 'omitted' } }).reasoning).toEqual({
      adaptive: true,
      visible: false,
    });
    expect(fields({ reasoning_config: { type: 'enabled', budget_tokens: 5 } }).reasoning).toEqual({ budgetTokens: 5 });
    expect(fields({ thinking: { type: 'disabled' } }).reasoning).toEqual({ effort: 'none' });
    expect(fields({ output_config: { effort: 'high', format: { type: 'json_schema', schema: {} } } })).toMatchObject({
      reasoning: { effort: 'high' },
      format: { kind: 'schema', schema: {}, strict: true },
    });
    expect(fields({ tool_choice: { type: 'tool', name: 'a', disable_parallel_tool_use: true } })).toMatchObject({
      toolChoice: { name: 'a' },
      parallelToolCalls: false,
    });
    expect(decode({ inferenceConfig: { topK: 4 } }).sampling).toEqual({ topK: 4 });
  });

  test('members that say nothing, and nothing more', () => {
    const request = decode({
      serviceTier: { type: 'flex' },
      requestMetadata: { team: 'a' },
      performanceConfig: { latency: 'standard' },
      guardrailConfig: null,
      promptVariables: {},
      additionalModelRequestFields: {},
      additionalModelResponseFieldPaths: [],
      toolConfig: { tools: [], toolChoice: { auto: {} } },
      inferenceConfig: { stopSequences: [] },
    });
    expect(request).toEqual({
      system: [],
      messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Name a river.' }] }],
      tools: [],
      toolChoice: 'auto',
      sampling: {},
      ignored: ['requestMetadata'],
    });
  });

  test('results of tools know the name of their tool; JSON is text', () => {
    const { messages } = decode({
      messages: [
        { role: 'user', content: [{ text: 'a' }, { cachePoint: { type: 'default' } }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'weather', input: { a: 1 } } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ json: { c: 3 } }] } }] },
      ],
    });
    expect(messages[0]!.parts).toEqual([{ kind: 'text', text: 'a', cache: '5m' }]);
    expect(messages[2]!.parts).toEqual([
      { kind: 'tool-result', callId: 't1', name: 'weather', parts: [{ kind: 'text', text: '{"c":3}' }] },
    ]);
  });

  test('a point that nothing stands before is noted', () => {
    const point = { cachePoint: { type: 'default', ttl: '1h' } };
    expect(decode({ system: [point], toolConfig: { tools: [point] } }).ignored).toEqual([
      'toolConfig.tools[0].cachePoint',
      'system[0].cachePoint',
    ]);
  });

  test('state of other providers comes back out of signatures', () => {
    const state = { from: 'gemini', form: 'thoughtSignature', data: 'Zz', id: 'i' } as const;
    const envelope = (call?: string): JsonObject => ({
      reasoningContent: {
        reasoningText: {
          text: call === undefined ? 'Hm' : '',
          signature: carry(call === undefined ? { state } : { state, call }),
        },
      },
    });
    const { messages } = decode({
      messages: [
        { role: 'user', content: [{ text: 'a' }] },
        {
          role: 'assistant',
          content: [envelope(), envelope('t1'), { toolUse: { toolUseId: 't1', name: 'weather', input: {} } }],
        },
      ],
    });
    expect(messages[1]!.parts).toEqual([
      { kind: 'reasoning', text: 'Hm', state },
      { kind: 'tool-call', id: 't1', name: 'weather', input: {}, state },
    ]);
  });

  test('an envelope that is none is the signature of somebody', () => {
    for (const signature of [
      'offpeak:',
      'offpeak:!!',
      `offpeak:${Buffer.from('{"state":{}}').toString('base64url')}`,
    ]) {
      const { messages } = decode({
        messages: [
          { role: 'assistant', content: [{ reasoningContent: { reasoningText: { text: 'Hm', signature } } }] },
        ],
      });
      expect(messages[0]!.parts).toMatchObject([{ state: { from: 'bedrock', data: signature } }]);
    }
  });
});

describe('what cannot be translated is named by its path', () => {
  const block = (content: JsonObject, role = 'user'): JsonObject => ({ messages: [{ role, content: [content] }] });
  const image = (source: JsonObject, format = 'png'): JsonObject => block({ image: { format, source } });
  test.each<['untranslatable' | 'invalid', string, JsonObject]>([
    ['untranslatable', 'guardrailConfig', { guardrailConfig: { guardrailIdentifier: 'g' } }],
    ['untranslatable', 'promptVariables', { promptVariables: { a: { text: 'b' } } }],
    ['untranslatable', 'performanceConfig.latency', { performanceConfig: { latency: 'optimized' } }],
    ['untranslatable', 'additionalModelResponseFieldPaths', { additionalModelResponseFieldPaths: ['/amazon'] }],
    [
      'untranslatable',
      'additionalModelRequestFields.anthropic_beta',
      { additionalModelRequestFields: { anthropic_beta: ['x'] } },
    ],
    ['untranslatable', 'newMember', { newMember: 1 }],
    ['untranslatable', 'toolConfig.tools[0].systemTool', { toolConfig: { tools: [{ systemTool: { name: 'x' } }] } }],
    ['untranslatable', 'system[0].guardContent', { system: [{ guardContent: { text: { text: 'a' } } }] }],
    ['untranslatable', 'messages[0].content[0].video', block({ video: { format: 'mp4' } })],
    ['untranslatable', 'messages[0].content[0].audio', block({ audio: { format: 'mp3' } })],
    ['untranslatable', 'messages[0].content[0].guardContent', block({ guardContent: { text: {} } })],
    ['untranslatable', 'messages[0].content[0].citationsContent', block({ citationsContent: { content: [1] } })],
    ['untranslatable', 'messages[0].content[0].searchResult', block({ searchResult: { source: 'a' } })],
    ['untranslatable', 'messages[0].content[0].image.source.s3Location', image({ s3Location: { uri: 's3://a/b' } })],
    [
      'untranslatable',
      'messages[0].content[0].document.citations.enabled',
      block({ document: { format: 'pdf', name: 'a', source: { bytes: 'AA==' }, citations: { enabled: true } } }),
    ],
    ['invalid', 'messages[0].content[0].image.format', image({ bytes: 'AA==' }, 'tiff')],
    ['invalid', 'messages[0].content[0].image.source.bytes', image({})],
    ['invalid', 'messages[0].content[0]', block({})],
    ['invalid', 'messages[0].content', block({ toolUse: { toolUseId: 'a', name: 'b' } })],
    ['invalid', 'messages[0].role', block({ text: 'a' }, 'tool')],
    ['invalid', 'messages[0]', { messages: ['a'] }],
    ['invalid', 'inferenceConfig.maxTokens', { inferenceConfig: { maxTokens: 1.5 } }],
    ['invalid', 'inferenceConfig.stopSequences', { inferenceConfig: { stopSequences: [1] } }],
    ['invalid', 'toolConfig.toolChoice', { toolConfig: { tools: [], toolChoice: {} } }],
    [
      'invalid',
      'outputConfig.textFormat.structure.jsonSchema.schema',
      { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } } },
    ],
    [
      'invalid',
      'additionalModelRequestFields.thinking.budget_tokens',
      { additionalModelRequestFields: { thinking: { type: 'enabled' } } },
    ],
  ])('%s %s', (kind, param, body) => {
    expect(() => decode(body)).toThrow(Undecodable);
    expect(() => decode(body)).toThrow(expect.objectContaining({ kind, param }));
  });

  test('any JSON at all is a request or is refused', () => {
    const member = fc.constantFrom('messages', 'system', 'toolConfig', 'inferenceConfig', 'outputConfig', 'x');
    fc.assert(
      fc.property(fc.dictionary(member, fc.jsonValue()), (body) => {
        try {
          decodeConverse(body as JsonObject);
        } catch (error) {
          expect(error).toBeInstanceOf(Undecodable);
        }
      }),
    );
  });
});
