import type { IncomingHttpHeaders } from 'node:http';
import { DIALECTS, GEMINI_ARRAY, type Dialect, type Operation } from '@offpeak/dialects';
import type { PresetName } from '../config/config.ts';

/** A wire at a path, and the provider whose tier rules hold there unless the configuration names another. */
export interface Mount {
  readonly dialect: Dialect;
  readonly preset: PresetName;
}

/** What a method and path ask for. */
export interface Target {
  readonly mount: Mount;
  readonly operation: Operation;
  /** Where engines serve the same operation. */
  readonly enginePath: string;
  /** The model, where the path names it. */
  readonly model?: string;
  /** Whether the path asks for a stream, where it decides that. */
  readonly stream?: boolean;
  /** Bedrock's InvokeModel: the body is the model's own. */
  readonly invoke?: boolean;
  /** The stored answer that the path names. */
  readonly storedId?: string;
}

export type Lookup =
  | { readonly found: true; readonly target: Target }
  | { readonly found: false; readonly mount: Mount; readonly allowed?: string };

export const OPENAI_MOUNT: Mount = { dialect: DIALECTS.openai, preset: 'openai' };
export const GROQ_MOUNT: Mount = { dialect: DIALECTS.groq, preset: 'groq' };
export const GEMINI_MOUNT: Mount = { dialect: DIALECTS.gemini, preset: 'gemini' };
const GEMINI_ARRAY_MOUNT: Mount = { dialect: GEMINI_ARRAY, preset: 'gemini' };
export const ANTHROPIC_MOUNT: Mount = { dialect: DIALECTS.anthropic, preset: 'anthropic' };
export const BEDROCK_MOUNT: Mount = { dialect: DIALECTS.bedrock, preset: 'bedrock' };
const RESPONSES_MOUNT: Mount = { dialect: DIALECTS.responses, preset: 'openai' };
/** Groq serves Responses too, at its own tiers. */
const GROQ_RESPONSES_MOUNT: Mount = { dialect: DIALECTS.responses, preset: 'groq' };

type Method = 'GET' | 'POST' | 'DELETE';

const CHAT_PATH = '/v1/chat/completions';

/** An exact path below each of the prefixes. */
type Row = readonly [path: string, operation: Operation, method: Method, more?: Partial<Target>];

const OPENAI_ROWS: readonly Row[] = [
  ['chat/completions', 'chat', 'POST'],
  ['completions', 'completions', 'POST', { enginePath: '/v1/completions' }],
  ['embeddings', 'embeddings', 'POST', { enginePath: '/v1/embeddings' }],
  ['models', 'models', 'GET'],
];
const RESPONSES_ROWS: readonly Row[] = [['responses', 'chat', 'POST']];
const ANTHROPIC_ROWS: readonly Row[] = [
  ['messages', 'chat', 'POST'],
  ['messages/count_tokens', 'count-tokens', 'POST'],
  ['models', 'models', 'GET'],
];
const GEMINI_ROWS: readonly Row[] = [['models', 'models', 'GET']];

/**
 * Earlier rows win where a path is in several. `/openai/v1/` is Groq's own path and so belongs to Groq, whichever SDK calls it;
 * OpenAI's unambiguous base URL is `/openai`, because its SDK's base already contains the version. `/v1/models` is in three wires:
 * there the headers decide, see `wireOf`.
 */
const TABLE: readonly (readonly [prefix: string, mount: Mount, rows: readonly Row[]])[] = [
  ['/groq/openai/v1/', GROQ_MOUNT, OPENAI_ROWS],
  ['/groq/openai/v1/', GROQ_RESPONSES_MOUNT, RESPONSES_ROWS],
  ['/openai/v1/', GROQ_MOUNT, OPENAI_ROWS],
  ['/openai/v1/', GROQ_RESPONSES_MOUNT, RESPONSES_ROWS],
  ['/openai/', OPENAI_MOUNT, OPENAI_ROWS],
  ['/openai/', RESPONSES_MOUNT, RESPONSES_ROWS],
  ['/anthropic/v1/', ANTHROPIC_MOUNT, ANTHROPIC_ROWS],
  ['/gemini/v1beta/', GEMINI_MOUNT, GEMINI_ROWS],
  ['/gemini/v1/', GEMINI_MOUNT, GEMINI_ROWS],
  ['/v1beta/', GEMINI_MOUNT, GEMINI_ROWS],
  ['/v1/', OPENAI_MOUNT, OPENAI_ROWS],
  ['/v1/', RESPONSES_MOUNT, RESPONSES_ROWS],
  ['/v1/', ANTHROPIC_MOUNT, ANTHROPIC_ROWS],
];

interface Entry {
  readonly method: Method;
  readonly hit: Extract<Lookup, { readonly found: true }>;
}

const EXACT = new Map<string, Entry>();
for (const [prefix, mount, rows] of TABLE) {
  for (const [path, operation, method, more] of rows) {
    const target: Target = { mount, operation, enginePath: CHAT_PATH, ...more };
    if (!EXACT.has(prefix + path)) EXACT.set(prefix + path, { method, hit: { found: true, target } });
  }
}

/** `query`: what stood behind the path, and its question mark. */
export function lookUp(method: string, path: string, headers: IncomingHttpHeaders, query: string = ''): Lookup {
  const entry = EXACT.get(path);
  if (entry !== undefined) {
    const hit = isShared(path)
      ? { found: true as const, target: { ...entry.hit.target, mount: wireOf(headers) } }
      : entry.hit;
    return entry.method === method ? hit : { found: false, mount: hit.target.mount, allowed: entry.method };
  }
  const parsed =
    geminiMethod(path, query) ?? bedrockMethod(path) ?? storedResponse(method, path) ?? oneModel(path, headers);
  if (parsed === null) return { found: false, mount: mountOf(path) };
  if (parsed.method === method) return { found: true, target: parsed.target };
  return { found: false, mount: parsed.target.mount, allowed: parsed.allowed ?? parsed.method };
}

interface Parsed {
  readonly method: Method;
  readonly target: Target;
  /** Where more than one method is. */
  readonly allowed?: string;
}

/** The paths that three wires share. */
function isShared(path: string): boolean {
  return path === '/v1/models';
}

/** Whose SDK it is, by the headers that only that one sends. */
function wireOf(headers: IncomingHttpHeaders): Mount {
  if (headers['x-goog-api-key'] !== undefined || headers['x-goog-api-client'] !== undefined) return GEMINI_MOUNT;
  return headers['anthropic-version'] === undefined ? OPENAI_MOUNT : ANTHROPIC_MOUNT;
}

/**
 * `/v1beta/models/NAME:generateContent`. A name may contain slashes and even colons: the last one divides. One with a slash may stand for
 * itself, as in `tunedModels/NAME`; Vercel's AI SDK takes every such name for a path.
 */
const GEMINI_PATH = /^(?:\/gemini)?\/v1(?:beta)?\/(?:models\/|(?=(?!models\/)[^/]+\/))(.+):([A-Za-z]+)$/;
const GEMINI_METHODS: ReadonlyMap<string, Pick<Target, 'operation' | 'stream'>> = new Map([
  ['generateContent', { operation: 'chat', stream: false }],
  ['streamGenerateContent', { operation: 'chat', stream: true }],
  ['countTokens', { operation: 'count-tokens', stream: false }],
]);

function geminiMethod(path: string, query: string): Parsed | null {
  const match = GEMINI_PATH.exec(path);
  const asked = match === null ? undefined : GEMINI_METHODS.get(match[2]!);
  const model = match === null ? null : decoded(match[1]!);
  if (asked === undefined || model === null) return null;
  const mount = asked.stream === true && !asksForEvents(query) ? GEMINI_ARRAY_MOUNT : GEMINI_MOUNT;
  return { method: 'POST', target: { mount, enginePath: CHAT_PATH, model, ...asked } };
}

/** `alt=sse`, under either name that Google's APIs have for it. Without it they stream one JSON array. */
function asksForEvents(query: string): boolean {
  if (query === '?alt=sse') return true;
  const parameters = new URLSearchParams(query);
  return (parameters.get('alt') ?? parameters.get('$alt')) === 'sse';
}

/** One encoded segment names the model; SDKs that do not encode an ARN's slashes are understood as well. */
const BEDROCK_PATH = /^(?:\/bedrock)?\/model\/(.+)\/([a-z-]+)$/;
const SLASHES = /\/{2,}/g;
const DOTS = /(?:^|\/)\.\.?(?:\/|$)/;
const BEDROCK_METHODS: ReadonlyMap<string, Pick<Target, 'operation' | 'stream' | 'invoke'>> = new Map([
  ['converse', { operation: 'chat', stream: false }],
  ['converse-stream', { operation: 'chat', stream: true }],
  ['invoke', { operation: 'chat', stream: false, invoke: true }],
  ['invoke-with-response-stream', { operation: 'chat', stream: true, invoke: true }],
  ['count-tokens', { operation: 'count-tokens', stream: false }],
]);

function bedrockMethod(path: string): Parsed | null {
  // AWS signs a path without its empty segments, and the SDK sends one where the endpoint ends in a slash.
  const match = BEDROCK_PATH.exec(path.includes('//') ? path.replaceAll(SLASHES, '/') : path);
  // Segments of dots are not in what is signed either: with them one signature would do for several models.
  if (match !== null && DOTS.test(match[1]!)) return null;
  const asked = match === null ? undefined : BEDROCK_METHODS.get(match[2]!);
  const model = match === null ? null : decoded(match[1]!);
  if (asked === undefined || model === null) return null;
  return { method: 'POST', target: { mount: BEDROCK_MOUNT, enginePath: CHAT_PATH, model, ...asked } };
}

const STORED_PATH = /^(\/groq\/openai\/v1|\/openai\/v1|\/openai|\/v1)\/responses\/([^/]+)(\/cancel|\/input_items)?$/;

/** Operations of OpenAI's own that stand where ids do. */
const NO_IDS: ReadonlySet<string> = new Set(['compact', 'input_tokens']);

function storedResponse(method: string, path: string): Parsed | null {
  const match = STORED_PATH.exec(path);
  if (match === null) return null;
  const [, prefix, segment, action] = match;
  const storedId = decoded(segment!);
  if (storedId === null || NO_IDS.has(storedId)) return null;
  const mount = prefix!.endsWith('openai/v1') ? GROQ_RESPONSES_MOUNT : RESPONSES_MOUNT;
  const target = (operation: Operation): Target => ({ mount, operation, enginePath: CHAT_PATH, storedId });
  if (action === '/cancel') return { method: 'POST', target: target('stored-cancel') };
  if (action === '/input_items') return { method: 'GET', target: target('stored-inputs') };
  if (method === 'DELETE') return { method: 'DELETE', target: target('stored-delete') };
  return { method: 'GET', target: target('stored-get'), allowed: 'GET, DELETE' };
}

function oneModel(path: string, headers: IncomingHttpHeaders): Parsed | null {
  for (const [prefix, mount] of TABLE) {
    const models = `${prefix}models/`;
    if (!path.startsWith(models)) continue;
    const model = decoded(path.slice(models.length));
    if (model === null) return null;
    const speaks = prefix === '/v1/' ? wireOf(headers) : mount;
    return { method: 'GET', target: { mount: speaks, operation: 'model', enginePath: '/v1/models', model } };
  }
  return null;
}

/** Whose words an answer to this path uses; OpenAI's where nothing tells. */
export function mountOf(path: string): Mount {
  if (/^(\/bedrock)?\/model(\/|$)/.test(path) || path.startsWith('/bedrock')) return BEDROCK_MOUNT;
  if (path.startsWith('/groq')) return GROQ_MOUNT;
  if (path.startsWith('/gemini') || path.startsWith('/v1beta')) return GEMINI_MOUNT;
  if (path.startsWith('/anthropic') || path.startsWith('/v1/messages')) return ANTHROPIC_MOUNT;
  return path.startsWith('/openai/v1/') ? GROQ_MOUNT : OPENAI_MOUNT;
}

/** Model names contain slashes, so SDKs send them encoded or not. Null: it is no encoded text. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
