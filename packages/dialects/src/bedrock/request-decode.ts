import { begun } from '../canonical/prefill.ts';
import type { CanonicalRequest, ReasoningWish } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { Fields } from '../openai/codec/fields.ts';
import { present } from '../openai/codec/request-decode.ts';
import { decodeMessages, decodeSystem } from './messages-decode.ts';
import { decodeAdditional, decodeOutput, decodeSampling, decodeTools } from './settings-decode.ts';
import { STOP_SEQUENCE_PATH } from './stop-reasons.ts';

export function decodeConverse(body: JsonObject): CanonicalRequest {
  const fields = new Fields(body, '');
  const ignored: string[] = [];
  // Routing read it already.
  fields.take('serviceTier');
  fields.ignore('requestMetadata', ignored);
  refuseOwn(fields);
  const additional = decodeAdditional(fields);
  const output = decodeOutput(fields);
  const { tools, toolChoice } = decodeTools(fields, ignored);
  const options = {
    toolChoice: toolChoice ?? additional.toolChoice,
    parallelToolCalls: additional.parallelToolCalls,
    format: output.format ?? additional.format,
    reasoning: wishOf({ ...additional.reasoning, ...output.reasoning }),
  };
  const system = decodeSystem(fields, ignored);
  const messages = decodeMessages(fields, ignored);
  const request: CanonicalRequest = {
    system,
    messages,
    ...begun(messages),
    tools,
    ...present(options),
    sampling: decodeSampling(fields, additional.topK),
    ignored,
  };
  fields.finish();
  return request;
}

function refuseOwn(fields: Fields): void {
  fields.refuse('guardrailConfig', 'guardrails are a feature of Bedrock');
  fields.refuse('promptVariables', 'stored prompts lie with Bedrock');
  const speed = fields.object('performanceConfig');
  if (speed?.oneOf('latency', ['standard', 'optimized']) === 'optimized') {
    throw speed.untranslatable('latency', 'optimized latency is a feature of Bedrock; ask for the tier priority');
  }
  speed?.finish();
  // Which stop sequence it was is told on every wire that knows it.
  const paths = fields.list('additionalModelResponseFieldPaths') ?? [];
  if (paths.some((path) => path !== STOP_SEQUENCE_PATH)) {
    const why = `only ${STOP_SEQUENCE_PATH} is known of answers that other wires give`;
    throw fields.untranslatable('additionalModelResponseFieldPaths', why);
  }
}

function wishOf(wish: ReasoningWish): ReasoningWish | undefined {
  return Object.keys(wish).length === 0 ? undefined : wish;
}
