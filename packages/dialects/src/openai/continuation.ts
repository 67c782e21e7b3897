import type { Continuation } from '@offpeak/core';
import { lastElement, isEmpty, rawText, readNumber, readString } from '../json/read.ts';
import { compileNames, type Names } from '../json/names.ts';
import { scanObject, type Member, type Members } from '../json/scan.ts';

/**
 * Members that make an answer unsafe to continue from its emitted text alone, each with the value at which it is harmless
 * besides null and absence:
 * - `off`: false, 0, or an empty string, array or object.
 * - `null`: nothing else; for legacy completions even `logprobs: 0` asks for log probabilities.
 * - `one`: the number 1.
 *
 * Penalties and minimum lengths count from the start of the answer, and would start over. Grammars and schemas would begin
 * again in the middle of the text. Log probabilities and audio of the first part would be lost. What tools produce is not text.
 */
const HARMLESS = {
  tools: 'off',
  functions: 'off',
  logprobs: 'off',
  top_logprobs: 'off',
  prompt_logprobs: 'null',
  presence_penalty: 'off',
  frequency_penalty: 'off',
  repetition_penalty: 'one',
  repeat_penalty: 'one',
  dry_multiplier: 'off',
  mirostat: 'off',
  n: 'one',
  best_of: 'one',
  use_beam_search: 'off',
  echo: 'off',
  suffix: 'off',
  audio: 'off',
  min_tokens: 'off',
  truncate_prompt_tokens: 'null',
  return_token_ids: 'off',
  return_tokens_as_token_ids: 'off',
  logits_processors: 'off',
  structured_outputs: 'off',
  guided_json: 'off',
  guided_regex: 'off',
  guided_choice: 'off',
  guided_grammar: 'off',
  json_schema: 'off',
  grammar: 'off',
  regex: 'off',
  ebnf: 'off',
} as const;

type Guarded = keyof typeof HARMLESS;
type Harmless = (typeof HARMLESS)[Guarded];
const GUARDED = Object.keys(HARMLESS) as Guarded[];

/** What a request's scan must look for, so that `chatContinuation` or `completionContinuation` can judge it. */
export type ContinuationName =
  | Guarded
  | 'messages'
  | 'prompt'
  | 'response_format'
  | 'modalities'
  | 'continue_final_message'
  | 'add_generation_prompt';
export const CONTINUATION_NAMES: readonly ContinuationName[] = [
  ...GUARDED,
  'messages',
  'prompt',
  'response_format',
  'modalities',
  'continue_final_message',
  'add_generation_prompt',
];

const MESSAGE_NAMES: Names<'role' | 'content'> = compileNames(['role', 'content']);
const FORMAT_NAMES: Names<'type'> = compileNames(['type']);

/** How far the request allows that another run goes on with its answer. Which engines can is not known here. */
export function chatContinuation(body: Buffer, members: Members<ContinuationName>): Continuation {
  const { response_format: format, modalities, messages } = members;
  if (isGuarded(body, members) || !isPlainFormat(body, format) || !isTextOnly(body, modalities)) return 'restart';
  const { add_generation_prompt: prompted, continue_final_message: continued } = members;
  const opensTurn = prompted === undefined || rawText(body, prompted) !== 'false';
  const extendsTurn = continued !== undefined && rawText(body, continued) === 'true';
  // Without a new turn and without an old one to extend, the text does not go where a continuation would put it.
  if (!opensTurn && !extendsTurn) return 'restart';
  const last = messages === undefined ? undefined : lastElement(body, messages);
  return last !== undefined && isExtensible(body.subarray(last.start, last.end)) ? 'continue' : 'restart';
}

export function completionContinuation(body: Buffer, members: Members<ContinuationName>): Continuation {
  const { prompt, response_format: format, logprobs } = members;
  if (isGuarded(body, members) || !isPlainFormat(body, format)) return 'restart';
  if (logprobs !== undefined && logprobs.kind !== 'null') return 'restart';
  // Only text can be added to; lists of texts or of token ids cannot.
  return prompt?.kind === 'string' ? 'continue' : 'restart';
}

function isGuarded(body: Buffer, members: Members<ContinuationName>): boolean {
  for (const name of GUARDED) {
    const member = members[name];
    if (member !== undefined && !isHarmless(body, member, HARMLESS[name])) return true;
  }
  return false;
}

function isHarmless(body: Buffer, member: Member, when: Harmless): boolean {
  if (member.kind === 'null') return true;
  switch (when) {
    case 'null':
      return false;
    case 'one':
      return member.kind === 'number' && readNumber(body, member) === 1;
    case 'off':
      if (member.kind === 'number') return readNumber(body, member) === 0;
      if (member.kind === 'boolean') return rawText(body, member) === 'false';
      return isEmpty(body, member);
  }
}

function isPlainFormat(body: Buffer, format: Member | undefined): boolean {
  if (format === undefined || format.kind === 'null') return true;
  if (format.kind !== 'object') return false;
  const scan = scanObject(body.subarray(format.start, format.end), FORMAT_NAMES);
  if (!scan.ok) return false;
  const { type } = scan.members;
  return type?.kind === 'string' && readString(body.subarray(format.start), type) === 'text';
}

function isTextOnly(body: Buffer, modalities: Member | undefined): boolean {
  if (modalities === undefined || modalities.kind === 'null') return true;
  return /^\[\s*"text"\s*\]$/.test(rawText(body, modalities));
}

/** How nearly every last message begins. */
const NOT_ASSISTANT = /^\{\s*"role"\s*:\s*"(?:user|tool|system|developer)"/;
const headBytesMax = 64;

/** Whether the last of the messages is the assistant's. */
export function assistantIsLast(body: Buffer, messages: Member | undefined): boolean {
  const last = messages?.kind === 'array' ? lastElement(body, messages) : undefined;
  if (last === undefined) return false;
  const message = body.subarray(last.start, last.end);
  if (NOT_ASSISTANT.test(message.toString('latin1', 0, headBytesMax))) return false;
  const scan = scanObject(message, MESSAGE_NAMES);
  const role = scan.ok ? scan.members.role : undefined;
  return role?.kind === 'string' && readString(message, role) === 'assistant';
}

/** A trailing assistant message may have to be extended in place, which only its text form allows. */
function isExtensible(message: Buffer): boolean {
  // Long messages are not walked a second time only to learn who wrote them.
  if (NOT_ASSISTANT.test(message.toString('latin1', 0, headBytesMax))) return true;
  const scan = scanObject(message, MESSAGE_NAMES);
  if (!scan.ok) return false;
  const { role, content } = scan.members;
  const isAssistant = role?.kind === 'string' && readString(message, role) === 'assistant';
  return !isAssistant || content?.kind === 'string';
}
