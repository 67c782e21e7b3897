import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Codec } from './codec.ts';
import { CODECS } from './codecs.ts';
import type { Extra, Usage } from './dialect.ts';
import { frameOf } from './bedrock/event-stream/frame.ts';
import { eventHead } from './bedrock/event-stream/head.ts';
import { invokeCodec } from './bedrock/invoke/codec.ts';
import { hasFilled, withExtras } from './extras.ts';

/** What an answer tells of its price beyond the number of its tokens: read of whole answers and of streams that are forwarded. */

const NONE: Usage = { input: 9, cachedInput: 0, output: 2, reasoning: 0 };

function wholly(codec: Codec, body: object, headers = {}): Usage | null {
  const spaced = codec.answerFacts(Buffer.from(JSON.stringify(body, null, 2)), headers)?.usage ?? null;
  const usage = codec.answerFacts(Buffer.from(JSON.stringify(body)), headers)?.usage ?? null;
  expect(spaced).toEqual(usage);
  return usage;
}

/** Cut in two at every few bytes. */
function watched(codec: Codec, stream: Buffer, headers = {}): Usage | null {
  const told = Array.from({ length: Math.ceil(stream.length / 13) }, (_, index) => {
    const watcher = codec.streamWatcher(headers);
    watcher.push(stream.subarray(0, index * 13));
    watcher.push(stream.subarray(index * 13));
    return watcher.usage;
  });
  for (const usage of told) expect(usage).toEqual(told[0]);
  return told[0]!;
}

function sse(...events: readonly object[]): Buffer {
  return Buffer.from(
    events
      .map((event) => {
        const name = 'type' in event ? `event: ${String(event.type)}\n` : '';
        return `${name}data: ${JSON.stringify(event)}\n\n`;
      })
      .join(''),
  );
}

function extrasOf(usage: Usage | null): readonly Extra[] {
  return usage?.extras ?? [];
}

describe('anthropic', () => {
  const COUNTS = { input_tokens: 4, cache_creation_input_tokens: 5, cache_read_input_tokens: 0, output_tokens: 2 };
  const message = (usage: object, more: object = {}): object => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    usage: { ...COUNTS, ...usage },
    ...more,
  });
  const stream = (first: object, last: object, more: object = {}): Buffer =>
    sse(
      { type: 'message_start', message: message(first) },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', ...more }, usage: { output_tokens: 2, ...last } },
      { type: 'message_stop' },
    );

  test('how long its caches are kept, told with the prompt', () => {
    const split = { cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 } };
    const expected = { ...NONE, cacheWrite: 5, longCacheWrite: 3 };
    expect(wholly(CODECS.anthropic, message(split))).toEqual(expected);
    expect(watched(CODECS.anthropic, stream(split, {}))).toEqual(expected);
    expect(wholly(CODECS.anthropic, message({}))).toEqual({ ...NONE, cacheWrite: 5 });
    const over = { cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 50 } };
    expect(wholly(CODECS.anthropic, message(over))).toMatchObject({ cacheWrite: 5, longCacheWrite: 5 });
  });

  test.each<[object, readonly Extra[]]>([
    [{ speed: 'standard', inference_geo: 'global', server_tool_use: null, iterations: null }, []],
    [{ inference_geo: 'not_available', server_tool_use: { web_search_requests: 0, web_fetch_requests: 3 } }, []],
    [{ speed: 'fast' }, ['fast']],
    [{ inference_geo: 'us' }, ['in-us']],
    [{ inference_geo: 'eu' }, ['elsewhere']],
    [{ iterations: [{ type: 'message' }] }, []],
    [{ iterations: [{ type: 'message' }, { type: 'compaction' }] }, ['uncounted']],
    [{ speed: 'fast', inference_geo: 'us', server_tool_use: { web_search_requests: 1 } }, ['fast', 'in-us']],
  ])('%j', (told, expected) => {
    expect(extrasOf(wholly(CODECS.anthropic, message(told)))).toEqual(expected);
    expect(extrasOf(watched(CODECS.anthropic, stream(told, {})))).toEqual(expected);
    expect(extrasOf(CODECS.anthropic.decodeAnswer({ ...message(told) }, {}).usage)).toEqual(expected);
  });

  test('searches that are told at the end, and a container', () => {
    const searched = { server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 } };
    const expected = { ...NONE, cacheWrite: 5, searches: 2 };
    expect(watched(CODECS.anthropic, stream({}, searched))).toEqual(expected);
    expect(wholly(CODECS.anthropic, message(searched))).toEqual(expected);
    const container = { container: { id: 'container_1', expires_at: '2026-11-21T00:00:00Z' } };
    expect(extrasOf(wholly(CODECS.anthropic, message({}, container)))).toEqual(['tools']);
    expect(extrasOf(wholly(CODECS.anthropic, message({}, { container: null })))).toEqual([]);
    expect(extrasOf(watched(CODECS.anthropic, stream({}, {}, container)))).toEqual(['tools']);
  });

  test('the split is told to clients where the upstream told it', () => {
    const as = { id: 'a', model: 'm', created: 1, tierWord: () => 'standard' };
    const wish = { includeUsage: true, inputTokens: 5, request: {} };
    const usage = { input: 9, cachedInput: 0, cacheWrite: 5, longCacheWrite: 3, output: 2, reasoning: 0 };
    const answer = { choices: [{ parts: [], stop: 'end' as const }], usage };
    expect(CODECS.anthropic.encodeAnswer(answer, as, wish)['usage']).toMatchObject({
      cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 3 },
    });
    const encoder = CODECS.anthropic.streamEncoder(as, wish);
    const parts = [{ kind: 'start' }, { kind: 'finish', choice: 0, stop: 'end' }, { kind: 'usage', usage }] as const;
    const told = Buffer.concat([encoder.write(parts), encoder.end()]);
    expect(watched(CODECS.anthropic, told)).toEqual(usage);
    const { longCacheWrite: _, ...untold } = usage;
    const plain = CODECS.anthropic.encodeAnswer({ ...answer, usage: untold }, as, wish);
    expect(plain['usage']).toMatchObject({ cache_creation: null });
  });
});

describe('bedrock', () => {
  const counts = {
    inputTokens: 4,
    outputTokens: 2,
    totalTokens: 11,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 5,
    cacheDetails: [
      { ttl: '1h', inputTokens: 3 },
      { ttl: '5m', inputTokens: 2 },
    ],
  };
  const told = (more: object): object => ({ output: { message: { content: [] } }, usage: counts, ...more });
  const stream = (more: object): Buffer =>
    frameOf(eventHead('metadata'), JSON.stringify({ usage: counts, metrics: { latencyMs: 1 }, ...more }));
  const expected = { ...NONE, cacheWrite: 5, longCacheWrite: 3 };

  test('how long caches are kept, and back again', () => {
    expect(wholly(CODECS.bedrock, told({}))).toEqual(expected);
    expect(watched(CODECS.bedrock, stream({}))).toEqual(expected);
    const as = { id: 'a', model: 'm', created: 1, tierWord: () => 'default' };
    const answer = { choices: [{ parts: [], stop: 'end' as const }], usage: expected };
    const said = CODECS.bedrock.encodeAnswer(answer, as, { includeUsage: true, inputTokens: 1, request: {} });
    expect(said['usage']).toEqual(counts);
    expect(wholly(CODECS.bedrock, { ...told({}), usage: { ...counts, cacheDetails: [] } })).toEqual({
      ...NONE,
      cacheWrite: 5,
    });
  });

  test.each<[object, readonly Extra[]]>([
    [{ performanceConfig: { latency: 'standard' }, trace: {} }, []],
    [{ performanceConfig: { latency: 'optimized' } }, ['fast']],
    [{ trace: { guardrail: { inputAssessment: {} } } }, ['tools']],
    [{ trace: { promptRouter: { invokedModelId: 'm' } } }, ['uncounted']],
  ])('%j', (more, extras) => {
    expect(extrasOf(wholly(CODECS.bedrock, told(more)))).toEqual(extras);
    expect(extrasOf(watched(CODECS.bedrock, stream(more)))).toEqual(extras);
  });

  test('a faster answer of a model in its own form, by the header', () => {
    const codec = invokeCodec(Buffer.from('{"schemaVersion":"messages-v1","messages":[]}'));
    const headers = {
      'x-amzn-bedrock-performanceconfig-latency': 'optimized',
      'x-amzn-bedrock-input-token-count': '9',
      'x-amzn-bedrock-output-token-count': '2',
    };
    expect(codec.answerFacts(Buffer.from('{}'), headers)?.usage).toEqual({ ...NONE, extras: ['fast'] });
    const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 9, outputTokenCount: 2 } };
    const bytes = Buffer.from(JSON.stringify(metrics)).toString('base64');
    const frame = frameOf(eventHead('chunk'), JSON.stringify({ bytes }));
    expect(watched(codec, frame, headers)).toEqual({ ...NONE, extras: ['fast'] });
  });
});

describe('gemini', () => {
  const usageMetadata = { promptTokenCount: 9, candidatesTokenCount: 2, totalTokenCount: 11 };
  const chunk = (candidate: object, usage: object = {}): object => ({
    candidates: [{ content: { parts: [{ text: 'ok' }] }, index: 0, ...candidate }],
    usageMetadata: { ...usageMetadata, ...usage },
  });
  const done = { finishReason: 'STOP' };

  test.each<[object, readonly Extra[]]>([
    [
      {
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 4 },
          { modality: 'IMAGE', tokenCount: 5 },
        ],
      },
      [],
    ],
    [
      {
        promptTokensDetails: [
          { modality: 'AUDIO', tokenCount: 0 },
          { modality: 'VIDEO', tokenCount: 9 },
        ],
      },
      [],
    ],
    [{ promptTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }] }, ['media']],
    [{ toolUsePromptTokensDetails: [{ modality: 'AUDIO', tokenCount: 5 }] }, ['media']],
    [{ candidatesTokensDetails: [{ modality: 'TEXT', tokenCount: 2 }] }, []],
    [{ candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 2 }] }, ['media']],
    [{ candidatesTokensDetails: [{ tokenCount: 2 }, 7, null], promptTokensDetails: 'AUDIO' }, []],
  ])('%j', (usage, expected) => {
    expect(extrasOf(wholly(CODECS.gemini, chunk(done, usage)))).toEqual(expected);
    expect(extrasOf(watched(CODECS.gemini, sse(chunk({}), chunk(done, usage))))).toEqual(expected);
  });

  test.each<[object, readonly Extra[]]>([
    [{ webSearchQueries: ['rivers'], searchEntryPoint: {} }, ['tools']],
    [{ groundingChunks: [{ maps: { uri: 'https://maps.example' } }] }, ['tools']],
    [{}, []],
    [{ webSearchQueries: [], groundingChunks: [] }, []],
  ])('grounded in %j', (groundingMetadata, expected) => {
    expect(extrasOf(wholly(CODECS.gemini, chunk({ ...done, groundingMetadata })))).toEqual(expected);
    const last = sse(chunk({}), chunk({}), chunk({ ...done, groundingMetadata }));
    const early = sse(chunk({}), chunk({ groundingMetadata }), chunk({}), chunk(done));
    for (const stream of [last, early]) expect(extrasOf(watched(CODECS.gemini, stream))).toEqual(expected);
  });

  test('an answer that only speaks of it', () => {
    const text = '"groundingMetadata": {"webSearchQueries": ["a"]}';
    expect(extrasOf(wholly(CODECS.gemini, chunk({ ...done, content: { parts: [{ text }] } })))).toEqual([]);
  });
});

describe('openai and groq', () => {
  const counts = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 };
  const chat = (message: object, usage: object = {}): object => ({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'ok', ...message }, finish_reason: 'stop' }],
    usage: { ...counts, ...usage },
  });
  const chunk = (delta: object, finish: string | null = null): object => ({
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

  test.each<[object, readonly Extra[]]>([
    [{ prompt_tokens_details: { audio_tokens: 0, image_tokens: 4 } }, []],
    [{ prompt_tokens_details: { audio_tokens: 3 } }, ['media']],
    [{ completion_tokens_details: { audio_tokens: 1 } }, ['media']],
    [{ completion_tokens_details: { audio_tokens: -1 }, prompt_tokens_details: { audio_tokens: 'x' } }, []],
  ])('%j', (usage, expected) => {
    for (const codec of [CODECS.openai, CODECS.groq]) {
      expect(extrasOf(wholly(codec, chat({}, usage)))).toEqual(expected);
      const stream = sse(chunk({ content: 'ok' }), chunk({}, 'stop'), { choices: [], usage: { ...counts, ...usage } });
      expect(extrasOf(watched(codec, stream))).toEqual(expected);
    }
  });

  test.each<[object, readonly Extra[]]>([
    [{ executed_tools: [{ type: 'search', index: 0 }] }, ['tools']],
    [{ executed_tools: [] }, []],
    [{ content: '{"executed_tools":[1]}' }, []],
    [{ annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }] }, ['tools']],
    [{ annotations: [] }, []],
  ])('tools that ran at Groq, and searches of OpenAI: %j', (told, expected) => {
    expect(extrasOf(wholly(CODECS.groq, chat(told)))).toEqual(expected);
    expect(extrasOf(wholly(CODECS.openai, chat(told)))).toEqual(expected);
    const usage = { usage: counts };
    const stream = sse(chunk({ content: 'a' }), chunk({ content: 'b', ...told }), chunk({}, 'stop'), {
      choices: [],
      ...usage,
    });
    expect(extrasOf(watched(CODECS.groq, stream))).toEqual(expected);
  });
});

describe('responses', () => {
  const usage = {
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 11,
  };
  const response = (...output: readonly object[]): object => ({
    object: 'response',
    status: 'completed',
    output,
    usage,
  });
  const message = { type: 'message', content: [{ type: 'output_text', text: 'a "web_search_call" it is' }] };

  test.each<[readonly object[], readonly Extra[]]>([
    [[message, { type: 'function_call', name: 'web', arguments: '{"a":"web_search_call"}' }], []],
    [[{ type: 'mcp_call' }, { type: 'computer_call' }, { type: 'reasoning' }], []],
    [[{ type: 'web_search_call', status: 'completed' }, message], ['tools']],
    [[{ type: 'file_search_call' }], ['tools']],
    [[{ type: 'code_interpreter_call' }], ['tools']],
    [[{ type: 'image_generation_call' }], ['tools']],
  ])('%j', (output, expected) => {
    expect(extrasOf(wholly(CODECS.responses, response(...output)))).toEqual(expected);
    const stream = sse(
      { type: 'response.created', response: { status: 'in_progress', output: [] } },
      { type: 'response.output_text.delta', delta: 'ok' },
      { type: 'response.completed', response: response(...output) },
    );
    expect(extrasOf(watched(CODECS.responses, stream))).toEqual(expected);
  });

  test('how long caches are kept', () => {
    const details = { ...usage.input_tokens_details, cache_write_tokens: 5 };
    const kept = { cache_write_tokens_details: { ttl_12h_tokens: 3, ttl_30m_tokens: 2 } };
    const told = { ...response(), usage: { ...usage, input_tokens_details: { ...details, ...kept } } };
    expect(wholly(CODECS.responses, told)).toEqual({ ...NONE, cacheWrite: 5, longCacheWrite: 3 });
  });
});

describe('a list or an object with something in it', () => {
  const name = Buffer.from('"found"');

  test('is found where it stands in the JSON, however that is spaced', () => {
    const filled = fc.oneof(
      fc.array(fc.jsonValue(), { minLength: 1 }),
      fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), filled, fc.nat({ max: 3 }), (other, value, indent) => {
        const json = JSON.stringify(
          { a: JSON.stringify({ found: [1] }), b: other, c: [{ found: value }] },
          null,
          indent,
        );
        expect(hasFilled(Buffer.from(json), name)).toBe(true);
      }),
    );
  });

  test('is not found where it is empty, no member, or in a text', () => {
    const nothing = fc.constantFrom<unknown>([], {}, null, 'found', 1, '{"found":[1]}');
    fc.assert(
      fc.property(nothing, nothing, fc.nat({ max: 3 }), (found, list, indent) => {
        const json = JSON.stringify({ found, list: ['found', list] }, null, indent);
        expect(hasFilled(Buffer.from(json), name)).toBe(false);
      }),
    );
    for (const cut of ['"found"', '"found":', '"found": [', '"found": [ ]']) {
      expect(hasFilled(Buffer.from(cut), name)).toBe(cut === '"found": [');
    }
  });
});

test('what is found twice is told once', () => {
  expect(withExtras({ ...NONE, extras: ['tools'] }, ['tools', 'fast'])).toEqual({ ...NONE, extras: ['tools', 'fast'] });
  expect(withExtras(NONE, [])).toBe(NONE);
  expect(withExtras(null, ['tools'])).toBeNull();
});
