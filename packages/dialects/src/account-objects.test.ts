import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountObjectIn } from './account-objects.ts';
import type { DialectName } from './dialect.ts';

function named(wire: DialectName, body: unknown): unknown {
  return accountObjectIn(wire, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

const user = (...content: unknown[]): unknown => ({ model: 'm', messages: [{ role: 'user', content }] });
const text = { type: 'text', text: 'Look at "file_id" and "cachedContent"' };

const NAMED: readonly (readonly [DialectName, unknown, string])[] = [
  ['openai', user(text, { type: 'file', file: { file_id: 'file-1' } }), 'messages[0].content[1].file.file_id'],
  ['groq', user({ type: 'file', file: { file_id: 'file-1' } }), 'messages[0].content[0].file.file_id'],
  ['openai', { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }, 'messages[0].audio'],
  ['openai', { messages: [], audio: { format: 'wav', voice: { id: 'voice_1' } } }, 'audio.voice'],
  ['responses', { model: 'm', conversation: 'conv_1' }, 'conversation'],
  ['responses', { model: 'm', conversation: { id: 'conv_1' } }, 'conversation'],
  ['responses', { model: 'm', prompt: { id: 'pmpt_1', variables: {} } }, 'prompt'],
  [
    'responses',
    { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }] },
    'input[0].content[0].file_id',
  ],
  [
    'responses',
    { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_id: 'file-1' }] }] },
    'input[0].output[0].file_id',
  ],
  ['responses', { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] }, 'tools[0].vector_store_ids'],
  ['responses', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }, 'tools[0].container'],
  [
    'responses',
    { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } }] },
    'tools[0].container.file_ids',
  ],
  [
    'responses',
    { tools: [{ type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } }] },
    'tools[0].environment.container_id',
  ],
  [
    'responses',
    { tools: [{ type: 'shell', environment: { skills: [{ type: 'skill_reference', skill_id: 'skill_1' }] } }] },
    'tools[0].environment.skills[0].skill_id',
  ],
  [
    'responses',
    { tools: [{ type: 'image_generation', input_image_mask: { file_id: 'file-1' } }] },
    'tools[0].input_image_mask.file_id',
  ],
  ['responses', { tools: [{ type: 'mcp', tunnel_id: 'tunnel_1' }] }, 'tools[0].tunnel_id'],
  [
    'responses',
    { input: [{ type: 'additional_tools', tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }] },
    'input[0].tools[0].container',
  ],
  [
    'responses',
    { input: 'hi', prompt_cache_options: { comparison_response_id: 'resp_1' } },
    'prompt_cache_options.comparison_response_id',
  ],
  ['gemini', { contents: [], cachedContent: 'cachedContents/1' }, 'cachedContent'],
  ['gemini', { contents: [], cached_content: 'cachedContents/1' }, 'cached_content'],
  ['gemini', { generateContentRequest: { cachedContent: 'cachedContents/1' } }, 'generateContentRequest.cachedContent'],
  [
    'gemini',
    { tools: [{ fileSearch: { fileSearchStoreNames: ['s/1'] } }] },
    'tools[0].fileSearch.fileSearchStoreNames',
  ],
  ['anthropic', { container: 'container_1', messages: [] }, 'container'],
  ['anthropic', { messages: [], diagnostics: { previous_message_id: 'msg_1' } }, 'diagnostics.previous_message_id'],
  ['anthropic', { container: { id: 'container_1' }, messages: [] }, 'container.id'],
  [
    'anthropic',
    { container: { skills: [{ type: 'custom', skill_id: 'skill_01' }] }, messages: [] },
    'container.skills[0].skill_id',
  ],
  [
    'anthropic',
    user({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    'messages[0].content[0].source.file_id',
  ],
  ['anthropic', user({ type: 'container_upload', file_id: 'file_1' }), 'messages[0].content[0].file_id'],
  [
    'anthropic',
    user({ type: 'tool_result', content: [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }] }),
    'messages[0].content[0].content[0].source.file_id',
  ],
  [
    'bedrock',
    user({ video: { format: 'mp4', source: { s3Location: { uri: 's3://b/k' } } } }),
    'messages[0].content[0].video.source.s3Location',
  ],
  [
    'bedrock',
    {
      input: {
        invokeModel: { body: Buffer.from('{"messages":[{"s3Location":{"uri":"s3://b/k"}}]}').toString('base64') },
      },
    },
    'input.invokeModel.body',
  ],
];

test.each(NAMED)('%s: %j names %s', (wire, body, path) => {
  expect(named(wire, body)).toBe(path);
});

const tool = { type: 'object', properties: { file_id: { type: 'string' }, cachedContent: { type: 'string' } } };

const NOT_NAMED: readonly (readonly [DialectName, unknown])[] = [
  ['openai', user(text)],
  ['openai', user({ type: 'file', file: { file_data: 'data:', filename: 'file_id' } })],
  ['openai', { messages: [], tools: [{ type: 'function', function: { name: 'f', parameters: tool } }] }],
  ['openai', { messages: [], response_format: { json_schema: { schema: { default: { file_id: 'x' } } } } }],
  ['openai', { messages: [{ role: 'assistant', audio: null }], audio: { voice: 'alloy', format: 'wav' } }],
  ['openai', { messages: [], metadata: { file_id: 'mine' } }],
  ['responses', { input: 'hi', conversation: null, prompt: null, previous_response_id: 'resp_1' }],
  ['responses', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }], input: 'hi' }],
  ['responses', { input: [{ type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1', code: '' }] }],
  [
    'responses',
    { tools: [{ type: 'function', name: 'f', parameters: { properties: { container: ['a'] } } }], input: '' },
  ],
  ['responses', { input: [{ type: 'additional_tools', tools: [{ container: { type: 'auto' } }] }] }],
  ['responses', { input: [{ content: [{ type: 'output_text', annotations: [{ file_id: 'file-1' }] }] }] }],
  ['responses', { input: [{ type: 'file_search_call', results: [{ file_id: 'file-1' }] }] }],
  ['responses', { tools: [{ type: 'shell', environment: { skills: [{ skill_id: 'openai-spreadsheets' }] } }] }],
  ['responses', { tools: [{ type: 'mcp', headers: { file_id: 'x' } }] }],
  ['gemini', { contents: [{ parts: [{ functionCall: { name: 'f', args: { file_uri: 'files/1' } } }] }] }],
  ['gemini', { contents: [{ parts: [{ functionResponse: { response: { cachedContent: 'x' } } }] }] }],
  ['anthropic', { container: null, messages: [] }],
  ['anthropic', { container: { skills: [{ type: 'anthropic', skill_id: 'pptx' }] }, messages: [] }],
  ['anthropic', user({ type: 'tool_use', id: 'a', input: { file_id: 'file_1' } })],
  [
    'anthropic',
    user({
      type: 'bash_code_execution_tool_result',
      content: { content: [{ type: 'bash_code_execution_output', file_id: 'file_1' }] },
    }),
  ],
  ['bedrock', user({ toolUse: { input: { s3Location: { uri: 'mine' } } } })],
  ['bedrock', { messages: [], guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } }],
];

test.each(NOT_NAMED)('%s: %j names nothing', (wire, body) => {
  expect(named(wire, body)).toBeNull();
});

test.each([
  ['https://generativelanguage.googleapis.com/v1beta/files/abc', true],
  ['HTTPS://GenerativeLanguage.GoogleAPIs.com./v1beta/files/abc', true],
  ['https://%67enerativelanguage.googleapis.com/v1beta/files/abc', true],
  ['files/abc', true],
  ['gs://bucket/object', true],
  ['https://storage.googleapis.com/bucket/object', false],
  ['https://example.com/generativelanguage.googleapis.com/files/abc', false],
  ['https://www.youtube.com/watch?v=9hE5', false],
])('the file %s is of the account: %s', (fileUri, isOwned) => {
  const body = { contents: [{ parts: [{ fileData: { fileUri } }] }] };
  expect(named('gemini', body)).toBe(isOwned ? 'contents[0].parts[0].fileData.fileUri' : null);
});

test('a name is found however it is written, and wherever a twin of it stands', () => {
  expect(named('openai', '{"messages":[{"content":[{"file":{"file\\u005fid":"f"}}]}]}')).toBe(
    'messages[0].content[0].file.file_id',
  );
  expect(named('openai', '{"messages":[{"file" : {"\\u0066\\u0069le_id" : "f" , "file_id":null}}]}')).toBe(
    'messages[0].file.file_id',
  );
  const twins = '{"contents":[{"parts":[{"fileData":{"fileUri":"files/1"},"fileData":{"mimeType":"image/png"}}]}]}';
  expect(named('gemini', twins)).toBe('contents[0].parts[0].fileData.fileUri');
  expect(
    named(
      'gemini',
      '{"contents":[{"parts":[{"fileData":{"fileUri":"https:\\/\\/generativelanguage.googleapis.com\\/v1beta\\/files\\/1"}}]}]}',
    ),
  ).toBe('contents[0].parts[0].fileData.fileUri');
});

test('a name that is no JSON is told, since parsers differ in what they make of it', () => {
  expect(named('openai', '{"file_\\qd":1,"messages":[{"file_id":"f"}]}')).toMatchObject({ kind: 'malformed-json' });
});

test('a body with more such members than anybody sends is not gone through to its end', () => {
  const many = `[${'{"file_id":{}},'.repeat(100_001)}{}]`;
  expect(named('openai', `{"messages":${many}}`)).toMatch(/^messages\[\d+\]\.file_id$/);
});

/** The same over the parsed body, where of twins only the last is left. */
function isNamedIn(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isNamedIn);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, held]) => {
    if (['parameters', 'schema', 'metadata'].includes(name)) return false;
    if (name === 'file_id' && (typeof held === 'string' || (Array.isArray(held) && held.length > 0))) return true;
    return isNamedIn(held);
  });
}

test('it finds what a parser would', () => {
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.constantFrom(null, true, 'file_id', '"file_id":"x"'),
    ),
    tree: fc.oneof(
      { maxDepth: 4 },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('file_id', 'content', 'parameters', '\\', 'a"b'), tie('tree'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (held) => {
      const body = { messages: [held] };
      expect(named('openai', body) !== null).toBe(isNamedIn(body));
    }),
    { numRuns: 500 },
  );
});
