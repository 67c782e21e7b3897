import type { Codec } from '../../codec.ts';
import { BEDROCK_CODEC } from '../codec.ts';
import { formOfBody } from './body.ts';
import { decodeInvoke, identityIn, modelWire } from './model-wire.ts';
import { readInvoke } from './request-read.ts';
import { InvokeStreamEncoder } from './stream-encode.ts';
import { InvokeStreamWatcher } from './stream-watch.ts';
import { invokeFacts } from './usage.ts';

/**
 * The wire of InvokeModel and InvokeModelWithResponseStream for one request: its body is in the form that the model speaks itself, and so
 * is the answer. Towards upstreams it is the same as Converse's, which translation always uses.
 */
export function invokeCodec(body: Buffer): Codec {
  const form = formOfBody(body);
  const wire = modelWire(form);
  const known = (): Codec => {
    if (wire === null) throw new Error('a request in a form that is not known has no answer to be written');
    return wire;
  };
  return {
    ...BEDROCK_CODEC,
    parse: (text) => (wire ?? BEDROCK_CODEC).parse(text),
    read: readInvoke,
    decodeRequest: (request, path) => decodeInvoke(request, path, form),
    encodeAnswer: (answer, as, wish) => known().encodeAnswer(answer, identityIn(form, as), wish),
    streamEncoder: (as, wish) => new InvokeStreamEncoder(known().streamEncoder(identityIn(form, as), wish)),
    paramOf: (feature) => (wire ?? BEDROCK_CODEC).paramOf(feature),
    streamWatcher: (headers) => new InvokeStreamWatcher(wire?.streamWatcher(headers) ?? null, headers),
    answerFacts: (answer, headers) => invokeFacts(answer, headers, wire),
  };
}
