import { DIALECTS, type Dialect, type Operation } from '@offpeak/dialects';
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
}

export type Lookup =
  | { readonly found: true; readonly target: Target }
  | { readonly found: false; readonly mount: Mount; readonly allowed?: string };

export const OPENAI_MOUNT: Mount = { dialect: DIALECTS.openai, preset: 'openai' };
export const GROQ_MOUNT: Mount = { dialect: DIALECTS.groq, preset: 'groq' };

/**
 * Longest first. `/openai/v1/` is Groq's own path and so belongs to Groq, whichever SDK calls it; OpenAI's unambiguous base URL is
 * `/openai`, because its SDK's base already contains the version.
 */
const PREFIXES: readonly (readonly [prefix: string, mount: Mount])[] = [
  ['/groq/openai/v1/', GROQ_MOUNT],
  ['/openai/v1/', GROQ_MOUNT],
  ['/openai/', OPENAI_MOUNT],
  ['/v1/', OPENAI_MOUNT],
];

const OPERATIONS: readonly (readonly [path: string, operation: Operation, method: 'GET' | 'POST'])[] = [
  ['chat/completions', 'chat', 'POST'],
  ['completions', 'completions', 'POST'],
  ['embeddings', 'embeddings', 'POST'],
  ['models', 'models', 'GET'],
];

interface Entry {
  readonly method: 'GET' | 'POST';
  readonly hit: Lookup;
}

const EXACT = new Map<string, Entry>();
for (const [prefix, mount] of PREFIXES) {
  for (const [path, operation, method] of OPERATIONS) {
    const target: Target = { mount, operation, enginePath: `/v1/${path}` };
    EXACT.set(prefix + path, { method, hit: { found: true, target } });
  }
}

/** `path` comes without its query. */
export function lookUp(method: string, path: string): Lookup {
  const entry = EXACT.get(path);
  if (entry !== undefined) {
    if (entry.method === method) return entry.hit;
    return { found: false, mount: mountOf(path), allowed: entry.method };
  }
  for (const [prefix, mount] of PREFIXES) {
    const models = `${prefix}models/`;
    if (!path.startsWith(models)) continue;
    if (method !== 'GET') return { found: false, mount, allowed: 'GET' };
    const model = decoded(path.slice(models.length));
    if (model === null) return { found: false, mount };
    return { found: true, target: { mount, operation: 'model', enginePath: '/v1/models', model } };
  }
  return { found: false, mount: mountOf(path) };
}

/** Whose words an answer to this path uses; OpenAI's where nothing tells. */
export function mountOf(path: string): Mount {
  for (const [prefix, mount] of PREFIXES) if (path.startsWith(prefix)) return mount;
  return path.startsWith('/groq') ? GROQ_MOUNT : OPENAI_MOUNT;
}

/** Model names contain slashes, so SDKs send them encoded or not. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
