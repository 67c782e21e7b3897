import type { Answer, InStream } from '../deliver.ts';
import { headerOf, mediaTypeOf, startFake, whole, type Fake, type Received } from '../fake.ts';
import { limitHeaders } from '../limits.ts';
import { sse } from '../sse.ts';
import { chatAnswer, CREATED } from './chat.ts';
import { embeddingsAnswer } from './embeddings.ts';
import { invalid } from './errors.ts';
import { modelCalled, OPENAI_MODELS, type OpenAiModel } from './models.ts';
import { createResponse, errorEvent, storedResponse } from './responses/answer.ts';
import type { ResponseStore } from './responses/store.ts';
import { openAiSettings, type OpenAiSettings } from './settings.ts';

export const OPENAI_KEY = 'sk-fake-openai-key';

export interface OpenAiFake extends Fake {
  /** `url` with the path that an SDK's base URL ends in. */
  readonly base: string;
  readonly settings: OpenAiSettings;
}

export async function startOpenAi(): Promise<OpenAiFake> {
  const settings = openAiSettings();
  const store: ResponseStore = new Map();
  let count = 0;
  const ids = (): string => String((count += 1)).padStart(8, '0');
  const fake = await startFake({
    answer: (request) => answerTo(request, store, ids, settings),
    generates: ({ method, path }) => method === 'POST' && !path.endsWith('/cancel'),
    headers: () => ({
      'x-request-id': `req_${ids()}`,
      'openai-organization': 'org-fake',
      'openai-processing-ms': '12',
      'openai-version': '2020-10-01',
      ...limitHeaders(settings.limits),
    }),
    inStream: ({ path }) => (path === '/v1/responses' ? IN_RESPONSES : IN_CHAT),
  });
  return { ...fake, base: `${fake.url}/v1`, settings };
}

const IN_CHAT: InStream = {
  error: ({ refusal }) => sse(refusal.body),
  malformed: sse('{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"ec'),
};

const IN_RESPONSES: InStream = {
  error: ({ refusal, afterEvents }) => errorEvent(refusal, afterEvents),
  malformed: sse('{"type":"response.output_text.delta","sequence_number":4,"de', 'response.output_text.delta'),
};

function answerTo(request: Received, store: ResponseStore, ids: () => string, settings: OpenAiSettings): Answer {
  const { method, path } = request;
  checkKey(request);
  if (method === 'GET' && path === '/v1/models') return whole({ object: 'list', data: OPENAI_MODELS.map(listed) });
  if (method === 'GET' && path.startsWith('/v1/models/')) return whole(listed(modelAt(path)));
  if (method === 'POST' && path === '/v1/chat/completions') return chatAnswer(jsonOf(request), ids, settings);
  if (method === 'POST' && path === '/v1/embeddings') return embeddingsAnswer(jsonOf(request));
  if (method === 'POST' && path === '/v1/responses') return createResponse(jsonOf(request), store, ids, settings);
  if (path.startsWith('/v1/responses/')) return storedResponse(request, store);
  throw invalid(`Invalid URL (${method} ${path})`, null, null, 404);
}

function listed({ id }: OpenAiModel) {
  return { id, object: 'model', created: CREATED, owned_by: 'system' };
}

function modelAt(path: string): OpenAiModel {
  const id = decodeURIComponent(path.slice('/v1/models/'.length));
  const model = modelCalled(id);
  if (model === undefined) throw invalid(`The model '${id}' does not exist`, 'model', 'model_not_found', 404);
  return model;
}

function checkKey(request: Received): void {
  const authorization = headerOf(request, 'authorization');
  const key = authorization === undefined ? undefined : /^Bearer (.+)$/.exec(authorization)?.[1];
  if (key === undefined) {
    throw invalid(
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.",
      null,
      null,
      401,
    );
  }
  if (key !== OPENAI_KEY) {
    throw invalid(
      `Incorrect API key provided: ${key.slice(0, 8)}***. You can find your API key at https://platform.openai.com/account/api-keys.`,
      null,
      'invalid_api_key',
      401,
    );
  }
}

function jsonOf(request: Received): unknown {
  const type = mediaTypeOf(request);
  if (type !== 'application/json') {
    throw invalid(
      `Unsupported content type: '${type}'. This API method only accepts 'application/json' requests, but you specified the header 'Content-Type: ${type}'. Please try again with a supported content type.`,
      null,
      'unsupported_content_type',
    );
  }
  if (request.body === undefined) {
    throw invalid(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
      null,
      null,
    );
  }
  return request.body;
}
