import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRequest, type RequestCan } from '../../canonical/testing/requests.ts';
import { Undecodable, Unsupported } from '../../canonical/feature.ts';
import type { CanonicalRequest, Message } from '../../canonical/request.ts';
import type { UpstreamCall } from '../../codec.ts';
import { CODECS } from '../../codecs.ts';
import type { JsonObject } from '../accumulate.ts';

const CALL: UpstreamCall = { model: 'up', stream: false, tierWord: null };
const ENGINE: UpstreamCall = { ...CALL, engine: true };
const USER = { role: 'user', content: 'Name a river.' };
const BARE: CanonicalRequest = {
  system: [],
  messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Name a river.' }] }],
  tools: [],
  sampling: {},
  ignored: [],
};
const WEATHER = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };

type Wire = 'openai' | 'groq';

function decoded(body: JsonObject, wire: Wire = 'openai'): CanonicalRequest {
  return CODECS[wire].decodeRequest({ model: 'm', messages: [USER], ...body }, {});
}

function faultOf(body: JsonObject, wire: Wire = 'openai'): Undecodable {
  try {
    decoded(body, wire);
  } catch (error) {
    if (error instanceof Undecodable) return error;
    throw error;
  }
  throw new Error('it was decoded');
}

function encoded(request: Partial<CanonicalRequest>, to: UpstreamCall = CALL, wire: Wire = 'openai'): JsonObject {
  return CODECS[wire].encodeRequest({ ...BARE, ...request }, to).body;
}

function unsaid(request: Partial<CanonicalRequest>, to: UpstreamCall = CALL, wire: Wire = 'openai'): string {
  try {
    encoded(request, to, wire);
  } catch (error) {
    if (error instanceof Unsupported) return error.feature;
    throw error;
  }
  return 'nothing';
}

const CAN: RequestCan = {
  sampling: ['maxTokens', 'temperature', 'topP', 'frequencyPenalty', 'presencePenalty', 'seed', 'stop', 'choices'],
  imageSources: ['base64', 'url'],
  imageTypes: ['image/png', 'image/jpeg'],
  imageDetails: ['auto', 'low', 'high'],
  documentSources: ['base64'],
  documentTypes: ['application/pdf'],
  documentNames: true,
  urlTypes: false,
  toolResults: [],
  toolResultTexts: true,
  toolErrors: false,
  toolStrict: true,
  parallelToolCalls: true,
  formats: ['json', 'schema'],
  formatNames: true,
  wishes: [{ effort: 'minimal' }, { effort: 'xhigh' }, { effort: 'none' }],
  logprobs: true,
  user: true,
  cache: false,
  refusals: true,
  systemLater: true,
  thoughts: false,
  bareThoughts: false,
  states: [],
  callStates: [],
};
const ENGINE_CAN: RequestCan = {
  ...CAN,
  sampling: [...CAN.sampling, 'topK'],
  documentSources: [],
  refusals: false,
  wishes: [{ effort: 'high', visible: false }, { visible: true }],
  thoughts: true,
  bareThoughts: true,
};
const GROQ_CAN: RequestCan = {
  ...ENGINE_CAN,
  sampling: ['maxTokens', 'temperature', 'topP', 'seed', 'stop'],
  toolResults: ['image'],
  logprobs: false,
};

/** What the wire says in another form: results in messages of their own, and the names that it demands. */
function inItsForm(request: CanonicalRequest): CanonicalRequest {
  const messages = request.messages.flatMap(({ role, parts }): Message[] => {
    const results = parts.filter((part) => part.kind === 'tool-result');
    const rest = parts
      .filter((part) => part.kind !== 'tool-result')
      .map((part) => (part.kind === 'document' ? { ...part, name: part.name ?? 'document.pdf' } : part));
    if (results.length === 0) return [{ role, parts: rest }];
    return [{ role, parts: results }, ...(rest.length === 0 ? [] : [{ role, parts: rest }])];
  });
  const { format } = request;
  const named = format?.kind === 'schema' ? { format: { ...format, name: format.name ?? 'answer' } } : {};
  return { ...request, messages, ...named };
}

describe('a request comes back from the wire as it was', () => {
  test.each<[string, Wire, RequestCan, UpstreamCall]>([
    ['OpenAI', 'openai', CAN, CALL],
    ['an engine', 'openai', ENGINE_CAN, ENGINE],
    ['Groq', 'groq', GROQ_CAN, CALL],
  ])('%s', (_, wire, can, to) => {
    fc.assert(
      fc.property(canonicalRequest(can), (request) => {
        const { body, ignored } = CODECS[wire].encodeRequest(request, to);
        const sent = JSON.parse(JSON.stringify(body)) as JsonObject;
        expect(CODECS[wire].decodeRequest(sent, {})).toEqual(inItsForm(request));
        expect(ignored).toEqual([]);
      }),
    );
  });
});

describe('reading', () => {
  test('the first system and developer messages are the system text; later ones stay', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
      USER,
      { role: 'system', content: 'Now be rude.' },
    ];
    expect(decoded({ messages })).toMatchObject({
      system: [
        { kind: 'text', text: 'Be kind.' },
        { kind: 'text', text: 'Be brief.' },
      ],
      messages: [{ role: 'user' }, { role: 'system', parts: [{ kind: 'text', text: 'Now be rude.' }] }],
    });
  });

  test('calls and results, with the names of the tools filled in', () => {
    const call = (id: string, text: string): object => ({
      id,
      type: 'function',
      index: 0,
      function: { name: 'weather', arguments: text, parsed_arguments: {} },
    });
    const messages = [
      USER,
      { role: 'assistant', content: null, refusal: null, tool_calls: [call('a', '{"at":"Ulm"}'), call('b', '')] },
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'sun' }] },
    ];
    expect(decoded({ messages }).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: [
          { kind: 'tool-call', id: 'a', name: 'weather', input: { at: 'Ulm' } },
          { kind: 'tool-call', id: 'b', name: 'weather', input: {} },
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

  test('what only has to be the default is no obstacle', () => {
    const defaults = {
      n: 1,
      logprobs: false,
      top_logprobs: 0,
      modalities: ['text'],
      verbosity: 'medium',
      logit_bias: {},
      functions: [],
      response_format: { type: 'text' },
      store: false,
      metadata: {},
      audio: null,
      some_day: null,
      top_k: -1,
      service_tier: 'flex',
      stream: true,
      stream_options: { include_usage: true },
    };
    expect(decoded(defaults)).toEqual(BARE);
  });

  test('what changes nothing is noted', () => {
    const body = { metadata: { run: '7' }, store: true, prompt_cache_key: 'k', prediction: { type: 'content' } };
    const content = [
      { type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } },
      { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'original' } },
    ];
    expect(decoded({ ...body, messages: [{ role: 'user', content }] }).ignored).toEqual([
      'metadata',
      'store',
      'prediction',
      'prompt_cache_key',
      'messages[0].content[0].prompt_cache_breakpoint',
      'messages[0].content[1].image_url.detail',
    ]);
  });

  test('the newer names win', () => {
    const body = { max_tokens: 5, max_completion_tokens: 6, user: 'old', safety_identifier: 'new', stop: 'END' };
    expect(decoded(body)).toMatchObject({ user: 'new', sampling: { maxTokens: 6, stop: ['END'] } });
  });

  test.each<[string, string, JsonObject]>([
    ['messages[0].content[0].file.file_id', 'file', user({ type: 'file', file: { file_id: 'file-1' } })],
    ['messages[0].content[0].type', 'sound', user({ type: 'input_audio', input_audio: {} })],
    ['messages[0].name', 'names', { messages: [{ ...USER, name: 'Ann' }] }],
    ['messages[0].role', 'functions', { messages: [{ role: 'function', name: 'f', content: '' }] }],
    ['messages[0].audio', 'sound said', { messages: [{ role: 'assistant', audio: { id: 'a' } }] }],
    ['tools[0].type', 'custom tools', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    ['tool_choice.type', 'allowed tools', { tool_choice: { type: 'allowed_tools', allowed_tools: {} } }],
    ['functions', 'functions offered', { functions: [{ name: 'f' }] }],
    ['logit_bias', 'bias', { logit_bias: { '50256': -100 } }],
    ['modalities', 'speech', { modalities: ['text', 'audio'] }],
    ['web_search_options', 'search', { web_search_options: { search_context_size: 'low' } }],
    ['verbosity', 'verbosity', { verbosity: 'low' }],
    ['min_p', "an engine's own sampling", { min_p: 0.1 }],
    ['messages[0].content[0].cacheable', 'unknown members of parts', user({ type: 'text', text: 'a', cacheable: 1 })],
  ])('%s is untranslatable (%s)', (param, _, body) => {
    expect(faultOf(body)).toMatchObject({ kind: 'untranslatable', param });
  });

  test.each<[string, string, JsonObject]>([
    ['messages[0]', 'no object', { messages: ['hi'] }],
    ['messages', 'no array', { messages: {} }],
    ['messages[0].role', 'an unknown role', { messages: [{ role: 'judge', content: '' }] }],
    ['messages[0].content', 'a number', { messages: [{ role: 'user', content: 7 }] }],
    ['messages[0].content[0].type', 'an unknown part', user({ type: 'video_url' })],
    ['messages[0].content[0].image_url.url', 'a path', user({ type: 'image_url', image_url: { url: '/etc/a.png' } })],
    ['messages[0].content[0].file.file_data', 'bare base64', user({ type: 'file', file: { file_data: 'AAAA' } })],
    ['messages[0].tool_call_id', 'a result of nothing', { messages: [{ role: 'tool', content: '' }] }],
    ['messages[0].tool_calls[0].function.arguments', 'broken JSON', assistant('{"at":')],
    ['messages[0].tool_calls[0].function.arguments', 'no object', assistant('[1]')],
    ['temperature', 'text', { temperature: 'hot' }],
    ['max_completion_tokens', 'a fraction', { max_completion_tokens: 1.5 }],
    ['top_logprobs', 'without logprobs', { top_logprobs: 3 }],
    ['stop', 'numbers', { stop: [1] }],
    ['tool_choice', 'an unknown word', { tool_choice: 'any' }],
    ['response_format.type', 'an unknown format', { response_format: { type: 'yaml' } }],
    ['reasoning_effort', 'an unknown effort', { reasoning_effort: 'huge' }],
    [
      'messages[0].offpeak_state[0].from',
      'state of nobody',
      { messages: [{ role: 'assistant', offpeak_state: [{}] }] },
    ],
  ])('%s is invalid (%s)', (param, _, body) => {
    expect(faultOf(body)).toMatchObject({ kind: 'invalid', param });
  });

  test("Groq's own words", () => {
    expect(decoded({ reasoning_format: 'parsed', reasoning_effort: 'default' }, 'groq').reasoning).toEqual({
      visible: true,
    });
    expect(decoded({ include_reasoning: false }, 'groq').reasoning).toEqual({ visible: false });
    for (const body of [{ reasoning_format: 'raw' }, { documents: [{}] }, { compound_custom: { tools: {} } }]) {
      expect(faultOf(body, 'groq')).toMatchObject({ kind: 'untranslatable', param: Object.keys(body)[0] });
    }
  });

  test('whatever the body is, it is read or refused', () => {
    const members = fc.constantFrom(
      'messages',
      'tools',
      'tool_choice',
      'stop',
      'response_format',
      'n',
      'modalities',
      'x',
    );
    const value = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.dictionary(fc.constantFrom('role', 'content', 'type'), fc.jsonValue())),
    );
    fc.assert(
      fc.property(fc.dictionary(members, value), (body) => {
        try {
          CODECS.openai.decodeRequest(body, {});
        } catch (error) {
          expect(error).toBeInstanceOf(Undecodable);
        }
      }),
    );
  });
});

function user(part: object): JsonObject {
  return { messages: [{ role: 'user', content: [part] }] };
}

function assistant(text: string): JsonObject {
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: text } };
  return { messages: [{ role: 'assistant', tool_calls: [call] }] };
}

describe('writing', () => {
  test('a plain question', () => {
    expect(encoded({})).toEqual({ model: 'up', messages: [USER] });
  });

  test('a stream asks for its usage, and the tier goes along', () => {
    expect(encoded({}, { model: 'up', stream: true, tierWord: 'flex' })).toEqual({
      model: 'up',
      messages: [USER],
      service_tier: 'flex',
      stream: true,
      stream_options: { include_usage: true },
    });
    // Groq has no such option, and tells usage in every stream.
    expect(encoded({}, { ...CALL, stream: true }, 'groq')).toEqual({ model: 'up', messages: [USER], stream: true });
  });

  test('the bound on the answer and the user have names by server', () => {
    const request = { sampling: { maxTokens: 9 }, user: 'u' };
    expect(encoded(request)).toMatchObject({ max_completion_tokens: 9, safety_identifier: 'u' });
    expect(encoded(request, ENGINE)).toMatchObject({ max_tokens: 9, user: 'u' });
    expect(encoded(request, CALL, 'groq')).toMatchObject({ max_completion_tokens: 9, user: 'u' });
  });

  test('results stand before what the user says besides', () => {
    const parts: Message['parts'] = [
      { kind: 'text', text: 'And now?' },
      { kind: 'tool-result', callId: 'a', parts: [{ kind: 'text', text: 'rain' }], isError: true },
    ];
    const { body, ignored } = CODECS.openai.encodeRequest({ ...BARE, messages: [{ role: 'user', parts }] }, CALL);
    expect(body['messages']).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'rain' },
      { role: 'user', content: 'And now?' },
    ]);
    expect(ignored).toEqual(['tool-result-error']);
  });

  test('without tools nothing is said about their use', () => {
    expect(encoded({ toolChoice: 'auto', parallelToolCalls: false })).toEqual({ model: 'up', messages: [USER] });
  });

  test('marks for caches and the names of texts are left out, and that is told', () => {
    const parts: Message['parts'] = [
      { kind: 'text', text: 'a', cache: '5m' },
      { kind: 'document', source: { kind: 'text', text: 'b' }, name: 'notes' },
    ];
    const { body, ignored } = CODECS.openai.encodeRequest({ ...BARE, messages: [{ role: 'user', parts }] }, CALL);
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
    expect(ignored).toEqual(['cache', 'document-name']);
  });

  test('thoughts go where there is a place for them, less those that another provider signed', () => {
    const messages: Message[] = [
      {
        role: 'assistant',
        parts: [
          { kind: 'reasoning', text: 'Hm.' },
          { kind: 'reasoning', text: 'Signed.', state: { from: 'anthropic', form: 'signature', data: 's' } },
          { kind: 'refusal', text: 'No.' },
        ],
      },
    ];
    expect(encoded({ messages })['messages']).toEqual([{ role: 'assistant', content: null, refusal: 'No.' }]);
    expect(encoded({ messages }, ENGINE)['messages']).toEqual([
      { role: 'assistant', content: 'No.', reasoning_content: 'Hm.' },
    ]);
    expect(encoded({ messages }, CALL, 'groq')['messages']).toEqual([
      { role: 'assistant', content: 'No.', reasoning: 'Hm.' },
    ]);
  });

  test('no thinking at all is an effort as well', () => {
    expect(encoded({ reasoning: { budgetTokens: 0 } })).toMatchObject({ reasoning_effort: 'none' });
    expect(encoded({ reasoning: { adaptive: true, visible: false } })).toEqual({ model: 'up', messages: [USER] });
    expect(encoded({ reasoning: { visible: true } }, CALL, 'groq')).toMatchObject({ include_reasoning: true });
    expect(encoded({ reasoning: { visible: false } }, ENGINE)).toMatchObject({ include_reasoning: false });
  });

  const result = (part: object): Partial<CanonicalRequest> => ({
    messages: [
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'a', parts: [part], isError: true }] } as Message,
    ],
  });
  const said = (part: object): Partial<CanonicalRequest> => ({
    messages: [{ role: 'user', parts: [part] } as Message],
  });
  const image = (mediaType: string): object => ({ kind: 'image', source: { kind: 'base64', mediaType, data: 'AA' } });
  const pdf = { kind: 'document', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' } };

  test.each<[string, Partial<CanonicalRequest>, UpstreamCall?, Wire?]>([
    ['top-k', { sampling: { topK: 5 } }],
    ['top-k', { sampling: { topK: 5 } }, CALL, 'groq'],
    ['stop', { sampling: { stop: ['a', 'b', 'c', 'd', 'e'] } }],
    ['choices', { sampling: { choices: 2 } }, CALL, 'groq'],
    ['frequency-penalty', { sampling: { frequencyPenalty: 1 } }, CALL, 'groq'],
    ['presence-penalty', { sampling: { presencePenalty: 1 } }, CALL, 'groq'],
    ['logprobs', { logprobs: { top: 0 } }, CALL, 'groq'],
    ['reasoning-budget', { reasoning: { budgetTokens: 1_024 } }],
    ['reasoning-visible', { reasoning: { visible: true } }],
    ['reasoning-effort', { reasoning: { effort: 'xhigh' } }, CALL, 'groq'],
    ['image-type', said(image('image/heic'))],
    ['document-type', said({ ...pdf, source: { ...pdf.source, mediaType: 'text/csv' } })],
    ['document-url', said({ kind: 'document', source: { kind: 'url', url: 'https://a.example/b.pdf' } })],
    ['document', said(pdf), ENGINE],
    ['document', said(pdf), CALL, 'groq'],
    ['tool-result-image', result(image('image/png'))],
    ['tool-result-document', result(pdf)],
    ['tool-result-error', result({ kind: 'text', text: ' ' })],
  ])('%s has no place', (feature, request, to, wire) => {
    expect(unsaid(request, to, wire)).toBe(feature);
  });

  test('what equals the default has a place everywhere', () => {
    const request = {
      sampling: { frequencyPenalty: 0, presencePenalty: 0, choices: 1 },
      reasoning: { adaptive: true },
    };
    expect(unsaid(request, CALL, 'groq')).toBe('nothing');
    expect(
      unsaid({ ...said(image('image/heic')), sampling: { topK: 3, stop: ['1', '2', '3', '4', '5'] } }, ENGINE),
    ).toBe('nothing');
  });

  test('tools, a chosen one, and a schema without a name', () => {
    const body = encoded({
      tools: [{ name: 'weather', schema: { type: 'object' } }],
      toolChoice: { name: 'weather' },
      format: { kind: 'schema', schema: {} },
    });
    expect(body).toMatchObject({
      tools: [WEATHER],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: {} } },
    });
  });
});
