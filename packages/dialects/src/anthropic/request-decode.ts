import { begun } from '../canonical/prefill.ts';
import type {
  AnswerFormat,
  Cacheable,
  CanonicalRequest,
  Message,
  ReasoningWish,
  Sampling,
} from '../canonical/request.ts';
import type { PathFacts } from '../codec.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { Fields } from '../openai/codec/fields.ts';
import { takeCache } from './cache-control.ts';
import { decodeTexts } from './content-decode.ts';
import { decodeMessages } from './messages-decode.ts';
import { decodeToolChoice, decodeTools } from './tools-decode.ts';

/** What is only Anthropic's. */
const ONLY_THERE: Readonly<Record<string, string>> = {
  mcp_servers: 'its tools run at their own provider',
  container: 'a container lies with the provider that made it',
  context_management: 'elsewhere the conversation is taken as it is sent',
  compaction: 'elsewhere the conversation is taken as it is sent',
  thread: 'a thread lies with the provider that stores it',
  fallbacks: 'they name models of their own provider',
  fallback_credit_token: 'it is good at its own provider only',
  billing_policy: 'it is a matter between an account and its own provider',
  inference_geo: 'another provider answers from where it stands',
};

/** The whole request. Throws `Undecodable`. */
export function decodeAnthropicRequest(raw: JsonObject, path: PathFacts): CanonicalRequest {
  const body = new Fields(raw, '');
  const ignored: string[] = [];
  // Read as bytes before.
  for (const name of ['model', 'stream', 'service_tier']) body.take(name);
  for (const [name, why] of Object.entries(ONLY_THERE)) body.refuse(name, why);
  if (body.oneOf('speed', ['standard', 'fast']) === 'fast') {
    throw body.untranslatable('speed', 'other providers sell speed as a service tier');
  }
  body.ignore('diagnostics', ignored);
  const first = decodeTexts(body, 'system', ignored);
  const { system, messages } = decodeMessages(body, ignored);
  const request: CanonicalRequest = {
    system: [...first, ...system],
    messages: cachedToTheEnd(messages, takeCache(body)),
    ...begun(messages),
    tools: decodeTools(body, ignored),
    ...decodeToolChoice(body),
    ...decodeOutput(body),
    sampling: decodeSampling(body, path),
    ...decodeUser(body),
    ignored,
  };
  body.finish();
  return request;
}

/** The request's own mark stands for one on its last part. */
function cachedToTheEnd(messages: readonly Message[], { cache }: Cacheable): readonly Message[] {
  const last = messages.at(-1);
  const part = last?.parts.at(-1);
  if (cache === undefined || last === undefined || part === undefined) return messages;
  if (part.kind === 'reasoning' || part.kind === 'refusal' || part.cache !== undefined) return messages;
  return [...messages.slice(0, -1), { role: last.role, parts: [...last.parts.slice(0, -1), { ...part, cache }] }];
}

function decodeUser(body: Fields): { user?: string } {
  const metadata = body.object('metadata');
  const user = metadata?.text('user_id');
  metadata?.finish();
  return user === undefined ? {} : { user };
}

function decodeSampling(body: Fields, path: PathFacts): Sampling {
  const maxTokens = body.count('max_tokens', 0);
  if (maxTokens === undefined && path.operation !== 'count-tokens') {
    throw body.invalid('max_tokens', 'it is missing; say how many tokens the answer may have');
  }
  const temperature = body.number('temperature');
  const topP = body.number('top_p');
  const topK = body.count('top_k', 0);
  const stop = decodeStop(body);
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

function decodeStop(body: Fields): string[] {
  return (body.list('stop_sequences') ?? []).map((stop) => {
    if (typeof stop === 'string') return stop;
    throw body.invalid('stop_sequences', 'it must be an array of strings');
  });
}

/** `output_format` is where `output_config.format` was before. */
function decodeOutput(body: Fields): { format?: AnswerFormat; reasoning?: ReasoningWish } {
  const config = body.object('output_config');
  config?.refuse('task_budget', 'elsewhere a budget is one of thoughts');
  const effort = config?.oneOf('effort', ['low', 'medium', 'high', 'xhigh', 'max']);
  const current = config?.object('format');
  const former = body.object('output_format');
  config?.finish();
  if (current !== undefined && former !== undefined) {
    throw body.invalid('output_format', 'output_config.format says the same; send only that');
  }
  const wished = current ?? former;
  const thinking = body.object('thinking');
  const reasoning =
    thinking === undefined ? (effort === undefined ? {} : { effort }) : decodeThinking(thinking, effort);
  return {
    ...(wished === undefined ? {} : { format: decodeFormat(wished) }),
    ...(Object.keys(reasoning).length === 0 ? {} : { reasoning }),
  };
}

function decodeFormat(format: Fields): AnswerFormat {
  if (format.requiredText('type') !== 'json_schema') throw format.invalid('type', 'it must be json_schema');
  const schema = format.json('schema');
  if (schema === undefined) throw format.invalid('schema', 'it is missing; a JSON Schema is required');
  format.finish();
  return { kind: 'schema', schema };
}

/** With an effort, adaptive thinking is what other wires call just that effort. */
function decodeThinking(thinking: Fields, effort: ReasoningWish['effort']): ReasoningWish {
  const type = thinking.oneOf('type', ['enabled', 'disabled', 'adaptive', 'between_tools']);
  if (type === undefined)
    throw thinking.invalid('type', 'it must be one of enabled, disabled, adaptive, between_tools');
  const budgetTokens = thinking.count('budget_tokens', 1);
  const display = thinking.oneOf('display', ['summarized', 'omitted']);
  thinking.finish();
  const visible = display === undefined ? {} : { visible: display === 'summarized' };
  const named = effort === undefined ? {} : { effort };
  switch (type) {
    case 'enabled':
      if (budgetTokens === undefined) throw thinking.invalid('budget_tokens', 'it is missing; thinking needs a budget');
      return { ...named, budgetTokens, ...visible };
    case 'adaptive':
      return effort === undefined ? { adaptive: true, ...visible } : { effort, ...visible };
    case 'disabled':
      if (effort !== undefined)
        throw thinking.untranslatable('type', 'elsewhere an effort is one of thoughts; leave one of them out');
      return { effort: 'none' };
    case 'between_tools':
      throw thinking.untranslatable('type', 'elsewhere a model thinks before its answer or not at all');
  }
}
