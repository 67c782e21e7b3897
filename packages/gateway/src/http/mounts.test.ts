import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  ANTHROPIC_MOUNT,
  BEDROCK_MOUNT,
  GEMINI_MOUNT,
  GROQ_MOUNT,
  lookUp,
  mountOf,
  OPENAI_MOUNT,
  type Mount,
} from './mounts.ts';

/** What a path leads to, in short: its wire, the provider whose rules hold, what is done, and what else the path says. */
function found(method: string, path: string, headers: IncomingHttpHeaders = {}): object | string {
  const hit = lookUp(method, path, headers);
  if (!hit.found) return `none of ${hit.mount.dialect.name}'s${hit.allowed === undefined ? '' : `; ${hit.allowed}`}`;
  const { mount, enginePath: _, ...rest } = hit.target;
  return { wire: nameOf(mount), ...rest };
}

function nameOf({ dialect, preset }: Mount): string {
  return dialect.name === preset ? preset : `${dialect.name} as ${preset}`;
}

describe('bodies that name the model', () => {
  test.each([
    ['/v1/chat/completions', 'openai', 'chat'],
    ['/v1/completions', 'openai', 'completions'],
    ['/v1/embeddings', 'openai', 'embeddings'],
    ['/v1/responses', 'responses as openai', 'chat'],
    ['/openai/chat/completions', 'openai', 'chat'],
    ['/openai/completions', 'openai', 'completions'],
    ['/openai/embeddings', 'openai', 'embeddings'],
    ['/openai/responses', 'responses as openai', 'chat'],
    ['/openai/v1/chat/completions', 'groq', 'chat'],
    ['/openai/v1/completions', 'groq', 'completions'],
    ['/openai/v1/embeddings', 'groq', 'embeddings'],
    ['/openai/v1/responses', 'responses as groq', 'chat'],
    ['/groq/openai/v1/chat/completions', 'groq', 'chat'],
    ['/groq/openai/v1/embeddings', 'groq', 'embeddings'],
    ['/groq/openai/v1/responses', 'responses as groq', 'chat'],
    ['/v1/messages', 'anthropic', 'chat'],
    ['/v1/messages/count_tokens', 'anthropic', 'count-tokens'],
    ['/anthropic/v1/messages', 'anthropic', 'chat'],
    ['/anthropic/v1/messages/count_tokens', 'anthropic', 'count-tokens'],
  ])('POST %s', (path, wire, operation) => {
    expect(found('POST', path)).toEqual({ wire, operation });
    expect(found('GET', path)).toBe(`none of ${wire.split(' ')[0]}'s; POST`);
    expect(found('POST', `${path}/more`)).toMatch(/^none of/);
  });

  test('each operation of engines has its own path there; whatever is a conversation is chat', () => {
    const pathOf = (path: string): unknown => {
      const hit = lookUp('POST', path, {});
      return hit.found ? hit.target.enginePath : null;
    };
    expect(pathOf('/openai/v1/completions')).toBe('/v1/completions');
    expect(pathOf('/openai/embeddings')).toBe('/v1/embeddings');
    for (const path of ['/v1/responses', '/v1/messages', '/v1beta/models/m:generateContent', '/model/m/converse']) {
      expect(pathOf(path), path).toBe('/v1/chat/completions');
    }
  });
});

describe("Gemini's paths", () => {
  test.each(['/v1beta', '/v1', '/gemini/v1beta', '/gemini/v1'])('below %s', (prefix) => {
    const unary = { wire: 'gemini', operation: 'chat', stream: false, model: 'gemini-3.8-flash' };
    const path = `${prefix}/models/gemini-3.8-flash`;
    expect(found('POST', `${path}:generateContent`)).toEqual(unary);
    expect(found('POST', `${path}:streamGenerateContent`)).toEqual({ ...unary, stream: true });
    expect(found('POST', `${path}:countTokens`)).toEqual({ ...unary, operation: 'count-tokens' });
    expect(found('GET', `${path}:generateContent`)).toBe("none of gemini's; POST");
    expect(found('POST', `${prefix}/tunedModels/mine:generateContent`)).toEqual({
      ...unary,
      model: 'tunedModels/mine',
    });
  });

  test('a name may hold slashes and colons, encoded or not: the last colon divides', () => {
    const named = (model: string): object => ({ wire: 'gemini', operation: 'chat', stream: false, model });
    expect(found('POST', '/v1beta/models/meta/llama:8b:generateContent')).toEqual(named('meta/llama:8b'));
    expect(found('POST', '/v1beta/models/meta%2Fllama%3A8b:generateContent')).toEqual(named('meta/llama:8b'));
    expect(found('POST', '/v1beta/models/%:generateContent')).toBe("none of gemini's");
    expect(found('POST', '/v1beta/meta/llama:8b:generateContent')).toEqual(named('meta/llama:8b'));
    expect(found('POST', '/gemini/v1/meta/llama:generateContent')).toEqual(named('meta/llama'));
    for (const nameless of ['models', 'llama', '/']) {
      expect(found('POST', `/v1beta/${nameless}:generateContent`)).toBe("none of gemini's");
    }
  });

  test('a method that is not here is nowhere', () => {
    expect(found('POST', '/v1beta/models/m:embedContent')).toBe("none of gemini's; GET");
    expect(found('POST', '/v1beta/models/m:predict')).toBe("none of gemini's; GET");
    expect(found('POST', '/v1beta/tunedModels/m:predict')).toBe("none of gemini's");
  });
});

test.each([
  ['', false],
  ['?alt=sse', true],
  ['?key=op_x&alt=sse', true],
  ['?%24alt=sse', true],
  ['?alt=json', false],
  ['?key=alt=sse', false],
])("Gemini's streams are events where that is asked for: %j", (query, events) => {
  for (const method of ['streamGenerateContent', 'generateContent', 'countTokens']) {
    const hit = lookUp('POST', `/v1beta/models/m:${method}`, {}, query);
    if (!hit.found) throw new Error('it is no path');
    const { name, streams } = hit.target.mount.dialect;
    expect(name).toBe('gemini');
    const isArray = streams.contentType.startsWith('application/json');
    expect(isArray).toBe(method === 'streamGenerateContent' && !events);
  }
});

describe("Bedrock's paths", () => {
  test.each(['', '/bedrock', '/bedrock/'])('below %j', (prefix) => {
    const path = `${prefix}/model/amazon.nova-pro-v1%3A0`;
    const unary = { wire: 'bedrock', operation: 'chat', stream: false, model: 'amazon.nova-pro-v1:0' };
    expect(found('POST', `${path}/converse`)).toEqual(unary);
    expect(found('POST', `${path}/converse-stream`)).toEqual({ ...unary, stream: true });
    expect(found('POST', `${path}/invoke`)).toEqual({ ...unary, invoke: true });
    expect(found('POST', `${path}/invoke-with-response-stream`)).toEqual({ ...unary, stream: true, invoke: true });
    expect(found('POST', `${path}/count-tokens`)).toEqual({ ...unary, operation: 'count-tokens' });
    expect(found('GET', `${path}/converse`)).toBe("none of bedrock's; POST");
    expect(found('POST', `${path}/async-invoke`)).toBe("none of bedrock's");
    expect(found('POST', path)).toBe("none of bedrock's");
  });

  test.each([
    ['as the SDK encodes it', encodeURIComponent('amazon.nova-pro-v1:0'), 'amazon.nova-pro-v1:0'],
    ['with its colon', 'amazon.nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
    [
      'an encoded ARN',
      encodeURIComponent('arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0'),
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0',
    ],
    [
      'an ARN as it is',
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0',
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0',
    ],
    ['a name that ends like a method', 'my%2Finvoke', 'my/invoke'],
  ])('a model %s', (_how, segment, model) => {
    expect(found('POST', `/model/${segment}/converse`)).toMatchObject({ operation: 'chat', model });
  });

  test('empty segments are as nothing, as in what AWS signs', () => {
    const arn = 'arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc';
    expect(found('POST', `//model//${arn.replace('/', '//')}//converse`)).toMatchObject({ model: arn });
    expect(found('POST', '/model/a%2F%2Fb/converse')).toMatchObject({ model: 'a//b' });
  });

  test.each(['.', '..', 'a/../b', './a', 'a/..', '../a'])('segments of dots are no model: %s', (model) => {
    expect(found('POST', `/model/${model}/converse`)).toBe("none of bedrock's");
    if (model.includes('/'))
      expect(found('POST', `/model/${encodeURIComponent(model)}/converse`)).toMatchObject({ model });
  });

  test('what cannot be decoded is no path', () => {
    expect(found('POST', '/model/%E0%A4%A/converse')).toBe("none of bedrock's");
  });
});

describe('stored answers', () => {
  test.each([
    ['/v1', 'responses as openai'],
    ['/openai', 'responses as openai'],
    ['/openai/v1', 'responses as groq'],
    ['/groq/openai/v1', 'responses as groq'],
  ])('below %s', (prefix, wire) => {
    const path = `${prefix}/responses/resp_1`;
    const stored = (operation: string): object => ({ wire, operation, storedId: 'resp_1' });
    expect(found('GET', path)).toEqual(stored('stored-get'));
    expect(found('DELETE', path)).toEqual(stored('stored-delete'));
    expect(found('POST', `${path}/cancel`)).toEqual(stored('stored-cancel'));
    expect(found('GET', `${path}/input_items`)).toEqual(stored('stored-inputs'));
    expect(found('POST', path)).toBe("none of responses's; GET, DELETE");
    expect(found('GET', `${path}/cancel`)).toBe("none of responses's; POST");
    expect(found('POST', `${path}/input_items`)).toBe("none of responses's; GET");
    expect(found('GET', `${path}/other`)).toMatch(/^none of (openai|groq)'s$/);
    expect(found('GET', `${prefix}/responses/a%2Fb%3F`)).toEqual({ ...stored('stored-get'), storedId: 'a/b?' });
    expect(found('GET', `${prefix}/responses/%zz`)).toMatch(/^none of (openai|groq)'s$/);
  });

  test("operations of OpenAI's own are no ids", () => {
    expect(found('POST', '/v1/responses/compact')).toBe("none of openai's");
    expect(found('POST', '/v1/responses/input_tokens')).toBe("none of openai's");
  });
});

describe('lists of models', () => {
  test.each([
    ['/openai', 'openai'],
    ['/openai/v1', 'groq'],
    ['/groq/openai/v1', 'groq'],
    ['/anthropic/v1', 'anthropic'],
    ['/v1beta', 'gemini'],
    ['/gemini/v1beta', 'gemini'],
    ['/gemini/v1', 'gemini'],
  ])("%s has its wire's own, whoever asks", (prefix, wire) => {
    for (const headers of [{}, { 'anthropic-version': '2023-06-01' }, { 'x-goog-api-key': 'k' }]) {
      expect(found('GET', `${prefix}/models`, headers)).toEqual({ wire, operation: 'models' });
      expect(found('GET', `${prefix}/models/m`, headers)).toEqual({ wire, operation: 'model', model: 'm' });
    }
    expect(found('POST', `${prefix}/models`)).toBe(`none of ${wire}'s; GET`);
    expect(found('DELETE', `${prefix}/models/m`)).toBe(`none of ${wire}'s; GET`);
  });

  test.each([
    ['nothing', {}, 'openai'],
    ['a bearer token', { authorization: 'Bearer k' }, 'openai'],
    ['a version of Anthropic', { 'anthropic-version': '2023-06-01', 'x-api-key': 'k' }, 'anthropic'],
    ['a version of Anthropic and a bearer token', { 'anthropic-version': '1', authorization: 'Bearer k' }, 'anthropic'],
    ["Google's key", { 'x-goog-api-key': 'k' }, 'gemini'],
    ["Google's client", { 'x-goog-api-client': 'google-genai-sdk/3.1.0' }, 'gemini'],
  ])('/v1 is shared: with %s in the headers', (_what, headers, wire) => {
    expect(found('GET', '/v1/models', headers)).toEqual({ wire, operation: 'models' });
    expect(found('GET', '/v1/models/m', headers)).toEqual({ wire, operation: 'model', model: 'm' });
    expect(found('POST', '/v1/models', headers)).toBe(`none of ${wire}'s; GET`);
    expect(found('DELETE', '/v1/models/m', headers)).toBe(`none of ${wire}'s; GET`);
  });

  test('a model name in a path may be encoded, or hold slashes and colons', () => {
    const named = { operation: 'model', model: 'meta/llama-3:8b' };
    expect(found('GET', '/v1/models/meta%2Fllama-3%3A8b')).toMatchObject(named);
    expect(found('GET', '/v1/models/meta/llama-3:8b')).toMatchObject(named);
    expect(found('GET', '/v1/models/%')).toBe("none of openai's");
  });
});

test.each([
  ['/nothing', OPENAI_MOUNT],
  ['/v1/nothing', OPENAI_MOUNT],
  ['/openai/nothing', OPENAI_MOUNT],
  ['/openai/v1/nothing', GROQ_MOUNT],
  ['/groq/v1/nothing', GROQ_MOUNT],
  ['/gemini/nothing', GEMINI_MOUNT],
  ['/v1beta/nothing', GEMINI_MOUNT],
  ['/anthropic/nothing', ANTHROPIC_MOUNT],
  ['/v1/messages/batches', ANTHROPIC_MOUNT],
  ['/bedrock/nothing', BEDROCK_MOUNT],
  ['/model', BEDROCK_MOUNT],
  ['/model/m/nothing', BEDROCK_MOUNT],
  ['/models', OPENAI_MOUNT],
])('%s is nothing, which is said in the words of the wire that it looks like', (path, mount) => {
  expect(lookUp('POST', path, {})).toEqual({ found: false, mount });
  expect(mountOf(path)).toBe(mount);
});
