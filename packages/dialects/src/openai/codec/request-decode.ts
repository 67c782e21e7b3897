import { begun, endsWithText } from '../../canonical/prefill.ts';
import type { CanonicalRequest, Message, ReasoningWish, Sampling } from '../../canonical/request.ts';
import type { JsonObject } from '../accumulate.ts';
import { Fields } from './fields.ts';
import type { ChatFlavour } from './flavour.ts';
import { decodeMessages } from './messages-decode.ts';
import { decodeFormat, decodeToolChoice, decodeTools } from './tools-decode.ts';

/** What routing read already, and what is the gateway's own to say. */
const ROUTED = ['model', 'stream', 'stream_options', 'service_tier', 'priority'];

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'default'] as const;
const FORMATS = ['parsed', 'hidden', 'raw'] as const;

export function decodeChatRequest(body: JsonObject, flavour: ChatFlavour): CanonicalRequest {
  const fields = new Fields(body, '');
  const ignored: string[] = [];
  for (const name of ROUTED) fields.take(name);
  for (const name of flavour.ignored) fields.ignore(name, ignored);
  for (const [name, why] of Object.entries(flavour.own)) fields.refuse(name, why);
  const conversation = decodeMessages(fields, ignored);
  const continues = decodeContinues(fields, conversation.messages, flavour);
  const tools = decodeTools(fields);
  const options = {
    toolChoice: decodeToolChoice(fields),
    parallelToolCalls: fields.flag('parallel_tool_calls'),
    format: decodeFormat(fields),
    reasoning: decodeReasoning(fields),
    logprobs: decodeLogprobs(fields),
    user: decodeUser(fields),
  };
  const sampling = decodeSampling(fields);
  refuseOtherAnswers(fields);
  fields.finish();
  return { ...conversation, ...continues, tools, ...present(options), sampling, ignored };
}

/** Without the members that are undefined. */
export function present<T extends object>(options: T): { [name in keyof T]?: Exclude<T[name], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [name in keyof T]?: Exclude<T[name], undefined> };
}

/** The two members that engines added to the wire. Where it has none, the place of the message says it. */
function decodeContinues(
  fields: Fields,
  messages: readonly Message[],
  { target }: ChatFlavour,
): Pick<CanonicalRequest, 'continues'> {
  const continues = fields.flag('continue_final_message') ?? false;
  const opensTurn = fields.flag('add_generation_prompt') ?? true;
  if (!continues && !opensTurn) {
    throw fields.untranslatable('add_generation_prompt', 'only a chat template can leave out where an answer begins');
  }
  if (continues && !endsWithText(messages)) {
    throw fields.invalid('continue_final_message', 'it needs a last message of the assistant that ends in text');
  }
  return continues ? { continues } : target.lastWord === 'goes-on' ? begun(messages) : {};
}

function decodeReasoning(fields: Fields): ReasoningWish | undefined {
  const effort = fields.oneOf('reasoning_effort', EFFORTS);
  const format = fields.oneOf('reasoning_format', FORMATS);
  const include = fields.flag('include_reasoning');
  if (format === 'raw') throw fields.untranslatable('reasoning_format', 'no other wire mixes thoughts into the text');
  const visible = format === undefined ? include : format === 'parsed';
  const wish = present({ effort: effort === 'default' ? undefined : effort, visible });
  return Object.keys(wish).length === 0 ? undefined : wish;
}

function decodeLogprobs(fields: Fields): { readonly top: number } | undefined {
  const wanted = fields.flag('logprobs') ?? false;
  const top = fields.count('top_logprobs', 0) ?? 0;
  if (wanted) return { top };
  if (top > 0) throw fields.invalid('top_logprobs', 'it needs logprobs: true beside it');
  return undefined;
}

function decodeUser(fields: Fields): string | undefined {
  const user = fields.text('user');
  return fields.text('safety_identifier') ?? user;
}

function decodeSampling(fields: Fields): Sampling {
  const legacy = fields.count('max_tokens', 1);
  const choices = fields.count('n', 1);
  // vLLM takes 0 and -1 for all of the vocabulary.
  const topK = fields.count('top_k', -1) ?? 0;
  return present({
    maxTokens: fields.count('max_completion_tokens', 1) ?? legacy,
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: topK > 0 ? topK : undefined,
    frequencyPenalty: fields.number('frequency_penalty'),
    presencePenalty: fields.number('presence_penalty'),
    seed: fields.count('seed', Number.MIN_SAFE_INTEGER),
    stop: decodeStop(fields),
    choices: choices === 1 ? undefined : choices,
  });
}

function decodeStop(fields: Fields): readonly string[] | undefined {
  const value = fields.take('stop');
  if (value === undefined) return undefined;
  const stop = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(stop) || stop.some((entry) => typeof entry !== 'string')) {
    throw fields.invalid('stop', 'it must be a string or an array of strings');
  }
  return stop.length === 0 ? undefined : (stop as string[]);
}

/** Members that ask for another kind of answer unless they say what is the case anyway. */
function refuseOtherAnswers(fields: Fields): void {
  const modalities = fields.list('modalities') ?? [];
  if (modalities.some((modality) => modality !== 'text')) {
    throw fields.untranslatable('modalities', 'other wires answer in text');
  }
  const verbosity = fields.oneOf('verbosity', ['low', 'medium', 'high']);
  if (verbosity !== undefined && verbosity !== 'medium') {
    throw fields.untranslatable('verbosity', 'other models have no such setting; say it in the prompt');
  }
}
