import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Undecodable, Unsupported } from '../canonical/feature.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import { canonicalRequest, type RequestCan } from '../canonical/testing/requests.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { decodeGeminiRequest } from './request-decode.ts';
import { encodeGeminiRequest } from './request-encode.ts';

const CAN: RequestCan = {
  sampling: [
    'maxTokens',
    'temperature',
    'topP',
    'topK',
    'frequencyPenalty',
    'presencePenalty',
    'seed',
    'stop',
    'choices',
  ],
  imageSources: ['base64', 'url'],
  imageTypes: ['image/png', 'image/webp'],
  imageDetails: [],
  documentSources: ['base64', 'url', 'text'],
  documentTypes: ['application/pdf', 'text/csv'],
  documentNames: false,
  urlTypes: true,
  toolResults: ['image', 'document'],
  toolResultTexts: false,
  toolErrors: true,
  toolStrict: false,
  parallelToolCalls: false,
  formats: ['json', 'schema'],
  formatNames: false,
  wishes: [
    { effort: 'low', visible: true },
    { effort: 'high' },
    { budgetTokens: 500 },
    { adaptive: true, visible: false },
    { visible: true },
  ],
  logprobs: true,
  user: false,
  cache: false,
  refusals: false,
  systemLater: false,
  thoughts: true,
  bareThoughts: true,
  states: ['gemini'],
  callStates: ['gemini'],
};

const MODEL = 'gemini-3.8-flash';

function encode(request: CanonicalRequest, model: string = MODEL): JsonObject {
  const { body } = encodeGeminiRequest(request, { model, stream: false, tierWord: 'flex' });
  return JSON.parse(JSON.stringify(body)) as JsonObject;
}

const EMPTY: CanonicalRequest = {
  system: [],
  messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }],
  tools: [],
  sampling: {},
  ignored: [],
};

function generationConfig(request: Partial<CanonicalRequest>, model?: string): unknown {
  return encode({ ...EMPTY, ...request }, model)['generationConfig'];
}

function unsupported(request: Partial<CanonicalRequest>, model: string = MODEL): string | undefined {
  try {
    encode({ ...EMPTY, ...request }, model);
  } catch (error) {
    if (error instanceof Unsupported) return error.feature;
    throw error;
  }
  return undefined;
}

function withBody(body: JsonObject): CanonicalRequest {
  return decodeGeminiRequest({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }], ...body });
}

function refusal(body: JsonObject): Pick<Undecodable, 'kind' | 'param'> | undefined {
  try {
    withBody(body);
  } catch (error) {
    if (error instanceof Undecodable) return { kind: error.kind, param: error.param };
    throw error;
  }
  return undefined;
}

/** The same request as a client writes it who goes by the proto. */
function inSnakeCase(value: unknown, within: string): unknown {
  const CLIENTS_OWN = ['args', 'response', 'parametersJsonSchema', 'responseJsonSchema'];
  if (Array.isArray(value)) return value.map((entry) => inSnakeCase(entry, within));
  if (typeof value !== 'object' || value === null || CLIENTS_OWN.includes(within)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      inSnakeCase(member, name),
    ]),
  );
}

describe('what the wire can say', () => {
  test('is the same after it was said, in either spelling', () => {
    fc.assert(
      fc.property(canonicalRequest(CAN), (request) => {
        const body = encode(request);
        expect(decodeGeminiRequest(body)).toEqual(request);
        expect(decodeGeminiRequest(inSnakeCase(body, '') as JsonObject)).toEqual(request);
      }),
      { numRuns: 300 },
    );
  });

  test('is told to older models with the same meaning', () => {
    const older: RequestCan = { ...CAN, toolResults: [], wishes: [{ effort: 'none' }, { budgetTokens: 500 }] };
    fc.assert(
      fc.property(canonicalRequest(older), (request) => {
        expect(decodeGeminiRequest(encode(request, 'models/gemini-2.5-flash'))).toEqual(request);
      }),
    );
  });
});

describe('a request as the SDK sends it', () => {
  const request = withBody({
    contents: [
      {
        role: 'user',
        parts: [{ text: 'Weather in Bern?' }, { inlineData: { mimeType: 'image/png', data: 'iVBO-_8' } }],
      },
      {
        role: 'model',
        parts: [
          { text: 'A look outside. ', thought: true },
          { functionCall: { name: 'weather', args: { city: 'Bern' } }, thoughtSignature: 'c2ln' },
          { functionCall: { name: 'weather', args: { city: 'Thun' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'weather', response: { output: 'rain' } } },
          { functionResponse: { name: 'weather', response: { error: { code: 404 } } } },
        ],
      },
    ],
    systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
    serviceTier: 'flex',
    generationConfig: {
      maxOutputTokens: 100,
      candidateCount: 1,
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { sky: { type: 'STRING', nullable: true } } },
      thinkingConfig: { thinkingLevel: 'low', includeThoughts: true },
    },
    tools: [
      {
        functionDeclarations: [
          {
            name: 'weather',
            description: 'Now',
            parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } } },
          },
        ],
      },
    ],
    toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    labels: { team: 'evals' },
  });

  test('is read whole', () => {
    expect(request).toEqual({
      system: [{ kind: 'text', text: 'Be brief.' }],
      messages: [
        {
          role: 'user',
          parts: [
            { kind: 'text', text: 'Weather in Bern?' },
            { kind: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'iVBO+/8=' } },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { kind: 'reasoning', text: 'A look outside. ' },
            {
              kind: 'tool-call',
              id: 'call_0',
              name: 'weather',
              input: { city: 'Bern' },
              state: { from: 'gemini', form: 'thoughtSignature', data: 'c2ln' },
            },
            { kind: 'tool-call', id: 'call_1', name: 'weather', input: { city: 'Thun' } },
          ],
        },
        {
          role: 'user',
          parts: [
            { kind: 'tool-result', callId: 'call_0', name: 'weather', parts: [{ kind: 'text', text: 'rain' }] },
            {
              kind: 'tool-result',
              callId: 'call_1',
              name: 'weather',
              parts: [{ kind: 'text', text: '{"code":404}' }],
              isError: true,
            },
          ],
        },
      ],
      tools: [
        {
          name: 'weather',
          description: 'Now',
          schema: { type: 'object', properties: { city: { type: 'string' } } },
        },
      ],
      toolChoice: 'auto',
      format: { kind: 'schema', schema: { type: 'object', properties: { sky: { type: ['string', 'null'] } } } },
      reasoning: { effort: 'low', visible: true },
      sampling: { maxTokens: 100 },
      ignored: ['labels'],
    });
  });
});

describe('history', () => {
  test('of a streamed chat, a content per chunk, is one message with whole sentences', () => {
    const { messages } = withBody({
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Let me ', thought: true }] },
        { role: 'model', parts: [{ text: 'see.', thought: true }] },
        { role: 'model', parts: [{ text: '', thought: true, thoughtSignature: 'c2ln' }] },
        { role: 'model', parts: [{ text: 'Hel' }] },
        { role: 'model', parts: [{ text: 'lo' }] },
        { role: 'model', parts: [{ text: '' }] },
        { role: 'user', parts: [{ text: 'And you?' }] },
      ],
    });
    expect(messages[1]).toEqual({
      role: 'assistant',
      parts: [
        { kind: 'reasoning', text: 'Let me see.', state: { from: 'gemini', form: 'thoughtSignature', data: 'c2ln' } },
        { kind: 'text', text: 'Hello' },
      ],
    });
    expect(messages).toHaveLength(3);
  });

  test('a signature beside text goes back to that text', () => {
    const parts = [{ text: 'Hello', thoughtSignature: 'c2ln' }];
    const request = withBody({ contents: [{ role: 'model', parts }, { parts: [{ text: 'Hi' }] }] });
    expect(request.messages[0]!.parts).toMatchObject([{ kind: 'text' }, { kind: 'reasoning', text: '' }]);
    expect(encode(request)['contents']).toMatchObject([{ parts }, {}]);
  });

  test('state of another provider comes back out of its envelope, and is left out towards Gemini', () => {
    const state = { from: 'anthropic', form: 'signature', data: 'EqQB' } as const;
    const envelope = Buffer.from(`offpeak::${JSON.stringify(['anthropic', 'signature', 'EqQB'])}`);
    for (const alphabet of ['base64', 'base64url'] as const) {
      const parts = [{ text: 'So.', thought: true, thoughtSignature: envelope.toString(alphabet) }, { text: 'Hi' }];
      const request = withBody({ contents: [{ role: 'model', parts }, { parts: [{ text: 'Hi' }] }] });
      expect(request.messages[0]!.parts[0]).toEqual({ kind: 'reasoning', text: 'So.', state });
      expect(encode(request)['contents']).toMatchObject([{ parts: [{ text: 'Hi' }] }, {}]);
    }
  });

  test('calls that Gemini did not sign have a stand-in where models want one', () => {
    const call = { kind: 'tool-call', id: 'a', name: 'f', input: {} } as const;
    const messages = [
      ...EMPTY.messages,
      { role: 'assistant', parts: [call, { ...call, id: 'b' }] },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'a', parts: [] }] },
      {
        role: 'user',
        parts: [
          { kind: 'tool-result', callId: 'b', parts: [] },
          { kind: 'text', text: 'Go on' },
        ],
      },
    ] as const;
    const [, calls, results] = encode({ ...EMPTY, messages })['contents'] as { parts: JsonObject[] }[];
    expect(calls!.parts.map((part) => part['thoughtSignature'])).toEqual([
      'skip_thought_signature_validator',
      undefined,
    ]);
    expect(results!.parts).toEqual([
      { functionResponse: { id: 'a', name: 'f', response: { output: '' } } },
      { functionResponse: { id: 'b', name: 'f', response: { output: '' } } },
      { text: 'Go on' },
    ]);
    const older = encode({ ...EMPTY, messages }, 'gemini-2.5-pro')['contents'] as { parts: JsonObject[] }[];
    expect(older[1]!.parts[0]).not.toHaveProperty('thoughtSignature');
  });

  test('calls with the same id stay apart, and results find theirs', () => {
    const turn = (city: string): JsonObject[] => [
      { role: 'model', parts: [{ functionCall: { id: 'call_0', name: 'weather', args: { city } } }] },
      {
        role: 'function',
        parts: [{ functionResponse: { id: 'call_0', name: 'weather', response: { result: city } } }],
      },
    ];
    const { messages } = withBody({ contents: [{ parts: [{ text: 'Hi' }] }, ...turn('Bern'), ...turn('Thun')] });
    const calls = [messages[1]!, messages[3]!].map((message) => message.parts[0]);
    const results = [messages[2]!, messages[4]!].map((message) => message.parts[0]);
    expect(calls).toMatchObject([{ id: 'call_0' }, { id: 'call_1' }]);
    expect(results).toMatchObject([
      { callId: 'call_0', parts: [{ text: 'Bern' }] },
      { callId: 'call_1', parts: [{ text: 'Thun' }] },
    ]);
  });
});

describe('decoding refuses', () => {
  const parts = (part: JsonObject): JsonObject => ({ contents: [{ role: 'user', parts: [part] }] });

  test.each<[JsonObject, string]>([
    [{ cachedContent: 'cachedContents/1' }, 'cachedContent'],
    [{ continuation_token: 'abc' }, 'continuation_token'],
    [{ safetySettings: [{ category: 'X', threshold: 'BLOCK_LOW_AND_ABOVE' }] }, 'safetySettings[0].threshold'],
    [{ tools: [{ googleSearch: {} }] }, 'tools[0].googleSearch'],
    [{ tools: { code_execution: {} } }, 'tools[0].code_execution'],
    [{ tools: [{ urlContext: {} }] }, 'tools[0].urlContext'],
    [{ somethingNew: { on: true } }, 'somethingNew'],
    [{ generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }, 'generationConfig.responseModalities'],
    [{ generationConfig: { speechConfig: { voice: 'x' } } }, 'generationConfig.speechConfig'],
    [{ generationConfig: { responseMimeType: 'text/x.enum' } }, 'generationConfig.responseMimeType'],
    [parts({ inlineData: { mimeType: 'audio/mp3', data: 'AAAA' } }), 'contents[0].parts[0].inlineData.mimeType'],
    [
      parts({ fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc' } }),
      'contents[0].parts[0].fileData.fileUri',
    ],
    [parts({ file_data: { file_uri: 'gs://bucket/a.png' } }), 'contents[0].parts[0].file_data.file_uri'],
    [parts({ executableCode: { code: '1' } }), 'contents[0].parts[0].executableCode'],
  ])('%j as something that only Google has', (body, param) => {
    expect(refusal(body)).toEqual({ kind: 'untranslatable', param });
  });

  test.each<[JsonObject, string]>([
    [{ contents: [] }, 'contents'],
    [{ contents: [{ role: 'user', parts: [{ text: '' }] }] }, 'contents'],
    [{ contents: [{ role: 'system', parts: [{ text: 'x' }] }] }, 'contents[0].role'],
    [{ contents: [{ role: 'constructor', parts: [{ text: 'x' }] }] }, 'contents[0].role'],
    [{ contents: ['hi'] }, 'contents[0]'],
    [parts({}), 'contents[0].parts[0].text'],
    [parts({ text: 1 }), 'contents[0].parts[0].text'],
    [parts({ text: 'a', inlineData: {} }), 'contents[0].parts[0].inlineData'],
    [parts({ functionCall: { name: 'f' } }), 'contents[0].parts[0].functionCall'],
    [parts({ functionResponse: { name: 'f', response: {} } }), 'contents[0].parts[0].functionResponse.name'],
    [{ generationConfig: { maxOutputTokens: 1, max_output_tokens: 1 } }, 'generationConfig.max_output_tokens'],
    [{ generationConfig: { responseSchema: { type: 'STRING' } } }, 'generationConfig.responseMimeType'],
    [
      { generationConfig: { thinkingConfig: { thinkingLevel: 'LOTS' } } },
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [{ generationConfig: { logprobs: 3 } }, 'generationConfig.logprobs'],
    [{ toolConfig: { functionCallingConfig: { mode: 'SOME' } } }, 'toolConfig.functionCallingConfig.mode'],
  ])('%j as a mistake', (body, param) => {
    expect(refusal(body)).toEqual({ kind: 'invalid', param });
  });
});

describe('decoding takes', () => {
  test('what equals a default, or changes no answer', () => {
    const request = withBody({
      model: 'models/x',
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      cachedContent: '',
      tools: [],
      toolConfig: { functionCallingConfig: { mode: 'MODE_UNSPECIFIED', allowedFunctionNames: [] } },
      store: true,
      generationConfig: { candidateCount: 1, responseLogprobs: false, responseModalities: ['TEXT'], stopSequences: [] },
    });
    expect(request).toEqual({ ...EMPTY, ignored: ['safetySettings', 'store'] });
  });

  test('allowed names that are one, or all', () => {
    const tools = [{ functionDeclarations: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }];
    const choice = (mode: string, allowed: string[]): unknown =>
      withBody({ tools, toolConfig: { functionCallingConfig: { mode, allowedFunctionNames: allowed } } }).toolChoice;
    expect(choice('any', ['b'])).toEqual({ name: 'b' });
    expect(choice('ANY', ['c', 'a', 'b'])).toBe('required');
    expect(choice('ANY', [])).toBe('required');
    expect(choice('VALIDATED', [])).toBe('auto');
    expect(() => choice('ANY', ['a', 'b'])).toThrow(Undecodable);
  });

  test('plain text in base64 as the text that it is', () => {
    const inlineData = { mimeType: 'text/plain', data: Buffer.from('Grüezi').toString('base64') };
    const { messages } = withBody({ contents: { parts: { inlineData } } });
    expect(messages[0]!.parts).toEqual([{ kind: 'document', source: { kind: 'text', text: 'Grüezi' } }]);
  });

  test('a file at an address by its type, or by its ending', () => {
    const file = (fileData: JsonObject): string =>
      withBody({ contents: { parts: { fileData } } }).messages[0]!.parts[0]!.kind;
    expect(file({ fileUri: 'https://x.example/a.jpg?size=1' })).toBe('image');
    expect(file({ fileUri: 'https://x.example/a', mimeType: 'IMAGE/PNG' })).toBe('image');
    expect(file({ fileUri: 'https://x.example/a.pdf' })).toBe('document');
  });

  test('results in the forms that clients give them', () => {
    const result = (response: JsonObject): unknown =>
      withBody({
        contents: [
          { role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] },
          { parts: [{ functionResponse: { name: 'f', response } }] },
        ],
      }).messages[1]!.parts[0];
    expect(result({ name: 'f', content: 'ok' })).toMatchObject({ parts: [{ text: 'ok' }] });
    expect(result({ result: { a: 1 } })).toMatchObject({ parts: [{ text: '{"a":1}' }] });
    expect(result({ a: 1, output: 2 })).toMatchObject({ parts: [{ text: '{"a":1,"output":2}' }] });
    expect(result({})).toMatchObject({ parts: [] });
  });
});

describe('encoding', () => {
  test('says tier and system instruction where the SDK says them', () => {
    expect(encode({ ...EMPTY, system: [{ kind: 'text', text: 'Be brief.' }] })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      serviceTier: 'flex',
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
    });
    expect(encodeGeminiRequest(EMPTY, { model: 'x', stream: false, tierWord: null }).body).not.toHaveProperty(
      'serviceTier',
    );
  });

  test('an effort is a level, and tokens for older models', () => {
    const reasoning = { effort: 'medium' } as const;
    expect(generationConfig({ reasoning })).toEqual({ thinkingConfig: { thinkingLevel: 'MEDIUM' } });
    expect(generationConfig({ reasoning }, 'gemini-2.5-flash')).toEqual({ thinkingConfig: { thinkingBudget: 8_192 } });
    expect(generationConfig({ reasoning: { effort: 'xhigh' } }, 'gemini-4-hydrogen')).toEqual({
      thinkingConfig: { thinkingLevel: 'XHIGH' },
    });
  });

  test('a single allowed value is a list of one', () => {
    const schema = { type: 'object', properties: { const: { const: 'a' }, b: { anyOf: [{ const: 1 }] } } };
    expect(generationConfig({ format: { kind: 'schema', schema } })).toMatchObject({
      responseJsonSchema: { type: 'object', properties: { const: { enum: ['a'] }, b: { anyOf: [{ enum: [1] }] } } },
    });
  });

  test.each<[string, Partial<CanonicalRequest>, string?]>([
    ['system-later', { messages: [...EMPTY.messages, { role: 'system', parts: [] }] }],
    ['parallel-tool-calls', { tools: [{ name: 'f' }], parallelToolCalls: false }],
    ['reasoning-effort', { reasoning: { effort: 'max' } }],
    ['reasoning-effort', { reasoning: { effort: 'xhigh' } }],
    ['reasoning-effort', { reasoning: { effort: 'none' } }],
    ['reasoning-budget', { reasoning: { effort: 'low', budgetTokens: 5 } }],
    ['message-order', { messages: [] }],
    ['message-order', { messages: [{ role: 'user', parts: [{ kind: 'tool-result', callId: 'x', parts: [] }] }] }],
    [
      'tool-result-image',
      {
        messages: [
          {
            role: 'user',
            parts: [
              {
                kind: 'tool-result',
                callId: 'x',
                name: 'f',
                parts: [{ kind: 'image', source: { kind: 'url', url: 'https://x.example/a.png' } }],
              },
            ],
          },
        ],
      },
      'gemini-2.0-flash',
    ],
  ])('%s has no place here', (feature, request, model) => {
    expect(unsupported(request, model)).toBe(feature);
  });

  test.each<Partial<CanonicalRequest>>([
    { parallelToolCalls: false },
    { parallelToolCalls: true, tools: [{ name: 'f' }] },
    { parallelToolCalls: false, tools: [{ name: 'f' }], toolChoice: 'none' },
    { toolChoice: 'none' },
    { reasoning: { visible: false } },
  ])('%j is no obstacle', (request) => {
    expect(unsupported(request)).toBeUndefined();
  });

  test('what it goes without is told', () => {
    const { ignored } = encodeGeminiRequest(
      {
        ...EMPTY,
        user: 'u',
        system: [{ kind: 'text', text: 'x', cache: '5m' }],
        messages: [
          {
            role: 'user',
            parts: [
              { kind: 'image', source: { kind: 'url', url: 'https://x.example/a.png' }, detail: 'high' },
              { kind: 'document', source: { kind: 'text', text: 'x' }, name: 'a.txt' },
            ],
          },
        ],
      },
      { model: MODEL, stream: true, tierWord: null },
    );
    expect(new Set(ignored)).toEqual(new Set(['user', 'cache', 'image-detail', 'document-name']));
  });

  test('strict tools are called in the mode that checks them', () => {
    const tools = [{ name: 'f', strict: true }];
    const config = (toolChoice: CanonicalRequest['toolChoice']): unknown =>
      encode({ ...EMPTY, tools, ...(toolChoice === undefined ? {} : { toolChoice }) })['toolConfig'];
    expect(config(undefined)).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } });
    expect(config('auto')).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } });
    expect(config('required')).toEqual({ functionCallingConfig: { mode: 'ANY' } });
    expect(config({ name: 'f' })).toEqual({ functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } });
  });
});

test('whatever the body is, it is read or refused by name', () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const names = ['contents', 'parts', 'text', 'role', 'functionCall', 'functionResponse', 'generationConfig', 'tools'];
  const body = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      value,
      fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 3 }),
      fc.array(tie('node'), { maxLength: 2 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), body), (json) => {
      try {
        expect(decodeGeminiRequest(json).messages).not.toHaveLength(0);
      } catch (error) {
        expect(error).toBeInstanceOf(Undecodable);
      }
    }),
  );
});
