import type { Feature } from '../canonical/feature.ts';
import { checkLastWord } from '../canonical/prefill.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { EncodedRequest, UpstreamCall } from '../codec.ts';
import { encodeConfig } from './config-encode.ts';
import { encodeContents, noteCache } from './contents-encode.ts';
import { modelFacts } from './model-facts.ts';
import { encodeTools } from './tools-encode.ts';

/** Model and stream are in the path; the model's name only tells here what it can be asked. */
export function encodeGeminiRequest(request: CanonicalRequest, to: UpstreamCall): EncodedRequest {
  const model = modelFacts(to.model);
  const ignored = new Set<Feature>();
  const { system } = request;
  // Its models up to Gemini 3.1 do; newer ones refuse to, which is theirs to say.
  checkLastWord(request, 'goes-on');
  for (const part of system) noteCache(part, ignored);
  if (request.user !== undefined) ignored.add('user');
  const contents = encodeContents(request, model, ignored);
  const config = encodeConfig(request, model);
  const body = {
    contents,
    ...(to.tierWord === null ? {} : { serviceTier: to.tierWord }),
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map(({ text }) => ({ text })) } }),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
    ...encodeTools(request, ignored),
  };
  return { body, ignored: [...ignored] };
}
