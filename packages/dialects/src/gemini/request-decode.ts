import { begun } from '../canonical/prefill.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { decodeConfig } from './config-decode.ts';
import { decodeContents, decodeSystem } from './contents-decode.ts';
import { ProtoFields } from './proto-fields.ts';
import { decodeToolChoice, decodeTools } from './tools-decode.ts';

/** Thresholds at which nothing is withheld, and none at all: what anybody answers passes them. */
const PASSES_ALL = ['HARM_BLOCK_THRESHOLD_UNSPECIFIED', 'OFF', 'BLOCK_NONE'];

export function decodeGeminiRequest(json: JsonObject): CanonicalRequest {
  const body = new ProtoFields(json, '');
  const ignored: string[] = [];
  // Both are read where the request is routed.
  body.take('model');
  body.take('serviceTier');
  body.refuse('cachedContent', 'a cache lies with the provider that made it');
  body.refuse('continuationToken', 'only the provider that broke an answer off can go on with it');
  decodeSafety(body, ignored);
  body.ignore('labels', ignored);
  body.ignore('store', ignored);
  const system = decodeSystem(body);
  const tools = decodeTools(body, ignored);
  const messages = decodeContents(body, ignored);
  const decoded = {
    system,
    messages,
    ...begun(messages),
    tools,
    ...decodeToolChoice(body, tools, ignored),
    ...decodeConfig(body, ignored),
    ignored,
  };
  body.finish();
  return decoded;
}

function decodeSafety(body: ProtoFields, ignored: string[]): void {
  for (const setting of body.entries('safetySettings')) {
    const threshold = setting.word('threshold') ?? PASSES_ALL[0]!;
    if (!PASSES_ALL.includes(threshold)) {
      throw setting.untranslatable('threshold', 'only Google rates answers by its own categories');
    }
    if (!ignored.includes('safetySettings')) ignored.push('safetySettings');
  }
}
