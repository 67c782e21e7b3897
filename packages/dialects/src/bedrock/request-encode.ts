import { Unsupported, type Feature } from '../canonical/feature.ts';
import { checkLastWord } from '../canonical/prefill.ts';
import type { CanonicalRequest } from '../canonical/request.ts';
import type { EncodedRequest, UpstreamCall } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { encodeMessages, encodeSystem } from './messages-encode.ts';
import { familyOf, type ModelFamily } from './model-family.ts';
import { encodeFormat, encodeReasoning, encodeSampling, encodeTools, type Settings } from './settings-encode.ts';
import { STOP_SEQUENCE_PATH } from './stop-reasons.ts';

/** Model and stream go into the path. Bounds that the client left out stay out: Bedrock takes what the model allows. */
export function encodeConverse(request: CanonicalRequest, to: UpstreamCall): EncodedRequest {
  const ignored = new Set<Feature>();
  const family = familyOf(to.model);
  const settings: Settings = { additional: {}, output: {} };
  checkEnd(request, family);
  if (request.logprobs !== undefined) throw new Unsupported('logprobs', 'its API does not tell them');
  if (request.user !== undefined) ignored.add('user');
  if (request.format !== undefined) encodeFormat(request.format, settings);
  if (request.reasoning !== undefined) encodeReasoning(request.reasoning, family, settings);
  const toolConfig = encodeTools(request, family, settings);
  const inferenceConfig = encodeSampling(request.sampling, family, settings);
  const members: JsonObject = {
    messages: encodeMessages(request.messages, ignored),
    system: encodeSystem(request.system),
    inferenceConfig,
    toolConfig: toolConfig ?? {},
    additionalModelRequestFields: settings.additional,
    // Bedrock tells it on demand only.
    additionalModelResponseFieldPaths: inferenceConfig['stopSequences'] === undefined ? [] : [STOP_SEQUENCE_PATH],
    outputConfig: settings.output,
    serviceTier: to.tierWord === null ? {} : { type: to.tierWord },
  };
  const body = Object.entries(members).filter(([, value]) => Object.keys(value as object).length > 0);
  return { body: Object.fromEntries(body), ignored: [...ignored] };
}

/** Claude and Nova take a last message of the assistant for the beginning of the answer; other models want the user's last. */
function checkEnd(request: CanonicalRequest, family: ModelFamily): void {
  if (request.continues === true && family !== 'claude' && family !== 'nova') {
    throw new Unsupported('prefill', 'of its models only Claude and Nova go on with a message that was begun');
  }
  checkLastWord(request, 'goes-on');
}
