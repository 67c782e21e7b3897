import type { Answer } from '../deliver.ts';
import { headerOf, mediaTypeOf, Refused, startFake, whole, type Fake, type Received } from '../fake.ts';
import { invalid, refused } from './errors.ts';
import { countAnswer, event, generateAnswer } from './generate.ts';
import { GEMINI_MODELS, modelCalled, type GeminiModel } from './models.ts';
import { API_KEY_INVALID } from './refusals.ts';
import { knownModel } from './rules.ts';
import { geminiSettings, type GeminiSettings } from './settings.ts';

export const GEMINI_KEY = 'AIzaSyFakeGeminiKey';

export interface GeminiFake extends Fake {
  readonly settings: GeminiSettings;
}

export async function startGemini(): Promise<GeminiFake> {
  const settings = geminiSettings();
  let count = 0;
  const ids = (): string => String((count += 1)).padStart(8, '0');
  const fake = await startFake({
    answer: (request) => answerTo(request, ids, settings),
    generates: ({ path }) => /:(?:stream)?[gG]enerateContent$/.test(path),
    headers: () => ({
      vary: 'Origin, X-Origin, Referer',
      server: 'scaffolding on HTTPServer2',
      'server-timing': 'gfet4t7; dur=12',
    }),
    inStream: () => ({
      error: ({ refusal }) => event(refusal.body),
      malformed: event('{"candidates":[{"content":{"parts":[{"te'),
    }),
  });
  return { ...fake, settings };
}

const METHODS: Readonly<Record<string, true>> = {
  generateContent: true,
  streamGenerateContent: true,
  countTokens: true,
};

function answerTo(request: Received, ids: () => string, settings: GeminiSettings): Answer {
  checkKey(request);
  const [, version, id, method] = /^\/(v1|v1beta)\/models(?:\/([^/:]+)(?::(\w+))?)?$/.exec(request.path) ?? [];
  if (version === undefined) throw refused('NOT_FOUND', 'Requested entity was not found.');
  if (request.method === 'GET' && method === undefined)
    return id === undefined ? pageOf(request) : whole(listed(modelAt(id)));
  if (request.method !== 'POST' || id === undefined || method === undefined || METHODS[method] !== true) {
    throw refused('NOT_FOUND', 'Requested entity was not found.');
  }
  const model = knownModel(decodeURIComponent(id), version, method);
  const body = jsonOf(request);
  if (method === 'countTokens') return countAnswer(body);
  const stream = method === 'generateContent' ? undefined : request.query.get('alt') === 'sse' ? 'sse' : 'json';
  return generateAnswer({ body, model, stream }, ids, settings);
}

function checkKey(request: Received): void {
  const key = headerOf(request, 'x-goog-api-key') ?? request.query.get('key') ?? undefined;
  if (key === undefined) {
    throw refused(
      'PERMISSION_DENIED',
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    );
  }
  if (key !== GEMINI_KEY) throw new Refused(API_KEY_INVALID, '400 API key not valid');
}

function jsonOf(request: Received): unknown {
  if (mediaTypeOf(request) !== 'application/json') throw invalid('Request contains an invalid argument.');
  if (request.body === undefined) throw invalid('Invalid JSON payload received. Unexpected end of string.');
  return request.body;
}

function modelAt(id: string): GeminiModel {
  const model = modelCalled(decodeURIComponent(id));
  if (model === undefined) throw refused('NOT_FOUND', `Model is not found: models/${id} for api version v1beta`);
  return model;
}

/** The last page has no token: not even an empty one. */
function pageOf({ query }: Received): Answer {
  const from = Number(query.get('pageToken') ?? 0);
  const to = from + Number(query.get('pageSize') ?? GEMINI_MODELS.length);
  const models = GEMINI_MODELS.slice(from, to).map(listed);
  return whole(to < GEMINI_MODELS.length ? { models, nextPageToken: String(to) } : { models });
}

function listed({ id, name, embeds, thinks }: GeminiModel) {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: name,
    description: `${name}, imitated`,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods:
      embeds === true ? ['embedContent'] : ['generateContent', 'countTokens', 'batchGenerateContent'],
    ...(embeds === true ? {} : { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, thinking: thinks !== 'no' }),
  };
}
