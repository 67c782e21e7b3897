import type Anthropic from '@anthropic-ai/sdk';
import type { Answer } from '../deliver.ts';
import { headerOf, mediaTypeOf, startFake, whole, type Fake, type Received } from '../fake.ts';
import { sse } from '../sse.ts';
import { invalid, refused } from './errors.ts';
import { countAnswer, messagesAnswer } from './messages.ts';
import { ANTHROPIC_MODELS, modelCalled, type AnthropicModel } from './models.ts';
import { MESSAGES_REQUESTS, type ApiVersion } from './schema.ts';
import { anthropicSettings, limitHeaders, type AnthropicSettings } from './settings.ts';

export const ANTHROPIC_KEY = 'sk-ant-api03-fake-anthropic-key';

export interface AnthropicFake extends Fake {
  readonly settings: AnthropicSettings;
}

export async function startAnthropic(): Promise<AnthropicFake> {
  const settings = anthropicSettings();
  let count = 0;
  const ids = (): string => `01${String((count += 1)).padStart(8, '0')}`;
  const fake = await startFake({
    answer: (request) => answerTo(request, ids, settings),
    generates: ({ method, path }) => method === 'POST' && path === '/v1/messages',
    headers: () => ({
      'request-id': `req_${ids()}`,
      'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
      ...limitHeaders(settings),
    }),
    inStream: () => ({
      error: ({ refusal }) => sse(refusal.body, 'error'),
      malformed: sse('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","te', 'content_block_delta'),
    }),
  });
  return { ...fake, settings };
}

const BYTES_MAX = 32 * 1024 * 1024;

function answerTo(request: Received, ids: () => string, settings: AnthropicSettings): Answer {
  const { method, path } = request;
  if (request.bytes.length > BYTES_MAX) {
    throw refused('request_too_large', 'Request exceeds the maximum allowed number of bytes.');
  }
  checkKey(request);
  const version = versionOf(request);
  if (method === 'GET' && path === '/v1/models') return whole(pageOf(ANTHROPIC_MODELS));
  if (method === 'GET' && path.startsWith('/v1/models/')) return whole(modelAt(path));
  if (method === 'POST' && path === '/v1/messages') return messagesAnswer(jsonOf(request), version, ids, settings);
  if (method === 'POST' && path === '/v1/messages/count_tokens') return countAnswer(jsonOf(request), version);
  throw refused('not_found_error', 'Not Found');
}

/** The older header wins where both are there. */
function checkKey(request: Received): void {
  const key = headerOf(request, 'x-api-key');
  const token = /^Bearer (.+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (key !== undefined) {
    if (key !== ANTHROPIC_KEY) throw refused('authentication_error', 'invalid x-api-key');
  } else if (token === undefined) throw refused('authentication_error', 'x-api-key header is required');
  else if (token !== ANTHROPIC_KEY) throw refused('authentication_error', 'Invalid bearer token');
}

function versionOf(request: Received): ApiVersion {
  const version = headerOf(request, 'anthropic-version');
  if (version === undefined) throw invalid('anthropic-version: header is required');
  if (!Object.hasOwn(MESSAGES_REQUESTS, version))
    throw invalid(`anthropic-version: "${version}" is not a valid version`);
  for (const beta of (headerOf(request, 'anthropic-beta') ?? '').split(',').map((word) => word.trim())) {
    if (beta !== '' && !/^[a-z0-9-]+-\d{4}-\d{2}-\d{2}$/.test(beta)) {
      throw invalid(
        `Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header. Please consult our documentation at docs.claude.com or try again without the header.`,
      );
    }
  }
  return version as ApiVersion;
}

function jsonOf(request: Received): unknown {
  const type = mediaTypeOf(request);
  if (type !== 'application/json')
    throw invalid(`content-type: expected application/json, got ${type === '' ? 'nothing' : type}`);
  if (request.body === undefined) throw invalid('The request body is not valid JSON.');
  return request.body;
}

function pageOf(models: readonly AnthropicModel[]) {
  const data = models.map(infoOf);
  return { data, has_more: false, first_id: data[0]!.id, last_id: data.at(-1)!.id };
}

function modelAt(path: string): Anthropic.ModelInfo {
  const id = decodeURIComponent(path.slice('/v1/models/'.length));
  const model = modelCalled(id);
  if (model === undefined) throw refused('not_found_error', `model: ${id}`);
  return infoOf(model);
}

function infoOf({ id, name, maxTokens }: AnthropicModel): Anthropic.ModelInfo {
  return {
    type: 'model',
    id,
    display_name: name,
    created_at: '2026-01-01T00:00:00Z',
    deprecated_at: null,
    retires_at: null,
    lifecycle: 'active',
    line: null,
    capabilities: null,
    max_input_tokens: 200_000,
    max_tokens: maxTokens,
  };
}
