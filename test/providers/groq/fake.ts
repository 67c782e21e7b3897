import type { Answer } from '../deliver.ts';
import { complaintsOf } from '../complaints.ts';
import { headerOf, mediaTypeOf, Refused, startFake, whole, type Fake, type Received } from '../fake.ts';
import { limitHeaders } from '../limits.ts';
import { countTokens } from '../script.ts';
import { sse } from '../sse.ts';
import { chatAnswer, CREATED } from './chat.ts';
import { invalid, refusedFor } from './errors.ts';
import { GROQ_MODELS, type GroqModel } from './models.ts';
import { GROQ_REFUSALS } from './refusals.ts';
import { knownModel } from './rules.ts';
import { embeddingsRequest, type GroqEmbeddingsRequest } from './schema.ts';
import { groqSettings, type GroqSettings } from './settings.ts';

export const GROQ_KEY = 'gsk_fake_groq_key';

export interface GroqFake extends Fake {
  readonly settings: GroqSettings;
}

const ROOT = '/openai/v1';

export async function startGroq(): Promise<GroqFake> {
  const settings = groqSettings();
  let count = 0;
  const ids = (): string => String((count += 1)).padStart(8, '0');
  const fake = await startFake({
    answer: (request) => answerTo(request, ids, settings),
    generates: ({ method }) => method === 'POST',
    headers: () => ({
      'x-request-id': `req_01${ids()}`,
      'x-groq-region': 'fra',
      'cache-control': 'private, max-age=0, no-store, no-cache, must-revalidate',
      ...limitHeaders(settings.limits),
    }),
    inStream: () => ({
      error: ({ refusal }) => sse(refusal.body),
      malformed: sse(
        '{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"ec',
      ),
    }),
  });
  return { ...fake, settings };
}

/** The chunk by which Groq says that a stream ended early. To SDKs it is a chunk as any other. */
export function brokenOffChunk(error: string): Buffer {
  return sse({
    id: 'chatcmpl-broken',
    object: 'chat.completion.chunk',
    created: CREATED,
    model: 'openai/gpt-oss-20b',
    choices: [],
    x_groq: { id: 'req_01broken', error },
  });
}

function answerTo(request: Received, ids: () => string, settings: GroqSettings): Answer {
  const { method, path } = request;
  checkKey(request);
  if (method === 'GET' && path === `${ROOT}/models`) return whole({ object: 'list', data: GROQ_MODELS.map(listed) });
  if (method === 'GET' && path.startsWith(`${ROOT}/models/`)) return whole(listed(modelAt(path)));
  if (method === 'POST' && path === `${ROOT}/chat/completions`) return chatAnswer(jsonOf(request), ids, settings);
  if (method === 'POST' && path === `${ROOT}/embeddings`) return embeddingsAnswer(jsonOf(request));
  throw invalid(
    `Unknown request URL: ${method} ${path}. Please check the URL for typos, or see the docs at https://console.groq.com/docs/`,
    { code: 'unknown_url' },
    404,
  );
}

function listed({ id, owner }: GroqModel) {
  return {
    id,
    object: 'model',
    created: CREATED,
    owned_by: owner,
    active: true,
    context_window: 131_072,
    public_apps: null,
    max_completion_tokens: 65_536,
  };
}

/** Names of models have slashes, which stand in the path as they are. */
function modelAt(path: string): GroqModel {
  return knownModel(decodeURIComponent(path.slice(`${ROOT}/models/`.length)));
}

function checkKey(request: Received): void {
  const key = /^Bearer (.+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (key !== GROQ_KEY) throw new Refused(GROQ_REFUSALS.invalidKey, '401 Invalid API Key');
}

function jsonOf(request: Received): unknown {
  const type = mediaTypeOf(request);
  if (type !== 'application/json') throw invalid(`Unsupported content type: ${type}`, {}, 415);
  if (request.body === undefined) throw invalid('request body is not valid JSON');
  return request.body;
}

const DIMENSIONS = 8;

function embeddingsAnswer(body: unknown): Answer {
  for (const complaint of complaintsOf(embeddingsRequest, body)) throw refusedFor(complaint, body);
  const { input, model: id, encoding_format: format } = body as GroqEmbeddingsRequest;
  const model = knownModel(id);
  if (model.embeds !== true) throw invalid(`The model \`${id}\` does not support embeddings`);
  const inputs = typeof input === 'string' ? [input] : input;
  const tokens = inputs.reduce((sum, text) => sum + countTokens(text), 0);
  const data = inputs.map((text, index) => {
    const bytes = Buffer.from(text);
    const vector = Float32Array.from({ length: DIMENSIONS }, (_, at) => (bytes[at % bytes.length]! - 128) / 128);
    const embedding = format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  return whole({ object: 'list', data, model: id, usage: { prompt_tokens: tokens, total_tokens: tokens } });
}
