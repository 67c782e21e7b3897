import type { AnswerPart, CanonicalAnswer, Choice, StopReason, TokenLogprob } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { inputText } from '../openai/codec/answer-decode.ts';
import { readLogprobs } from '../openai/codec/logprobs.ts';
import { summaryBreak } from './input-decode.ts';
import { stateOf } from './reasoning-state.ts';
import { responsesUsageOf } from './usage.ts';

export function decodeResponsesAnswer(body: JsonObject): CanonicalAnswer {
  const { id, model, output, service_tier: tierWord, status, error } = body;
  if (!Array.isArray(output)) throw new Garbled('the answer has no output');
  if (status !== undefined && status !== 'completed' && status !== 'incomplete') {
    const message = isObject(error) && typeof error['message'] === 'string' ? `: ${error['message']}` : '';
    throw new Garbled(`the answer is ${String(status).slice(0, 32)}${message}`);
  }
  const said = decodeOutput(output);
  const kinds = new Set(said.parts.map((part) => part.kind));
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof model === 'string' ? { model } : {}),
    choices: [{ ...said, stop: stopOf(body, kinds) }],
    usage: responsesUsageOf(body['usage']),
    ...(typeof tierWord === 'string' ? { tierWord } : {}),
  };
}

/** Of a response object, which unary answers are, and which ends a stream. */
export function stopOf(response: JsonObject, said: ReadonlySet<AnswerPart['kind']>): StopReason {
  if (response['status'] === 'incomplete') {
    const details = response['incomplete_details'];
    return isObject(details) && details['reason'] === 'content_filter' ? 'filtered' : 'length';
  }
  if (said.has('tool-call')) return 'tool-calls';
  return said.has('refusal') ? 'refusal' : 'end';
}

function decodeOutput(output: readonly unknown[]): Pick<Choice, 'parts' | 'logprobs'> {
  const parts: AnswerPart[] = [];
  const logprobs: TokenLogprob[] = [];
  let callState: OpaqueState | undefined;
  for (const item of output) {
    if (!isObject(item)) throw new Garbled('an item of the answer is no object');
    switch (item['type']) {
      case 'message':
        decodeMessage(item, parts, logprobs);
        break;
      case 'reasoning': {
        const thought = decodeReasoning(item);
        if (thought.ofCall) callState = thought.state;
        else if (thought.text !== '' || thought.state !== undefined) {
          parts.push({ kind: 'reasoning', text: thought.text, ...(thought.state && { state: thought.state }) });
        }
        break;
      }
      case 'function_call': {
        const call = decodeCall(item);
        parts.push(callState === undefined ? call : { ...call, state: callState });
        callState = undefined;
        break;
      }
      // Whatever else ran, ran at the provider, and the message tells what came of it.
    }
  }
  return { parts, ...(logprobs.length === 0 ? {} : { logprobs }) };
}

function decodeMessage({ content }: JsonObject, parts: AnswerPart[], logprobs: TokenLogprob[]): void {
  if (!Array.isArray(content)) return;
  for (const part of content) {
    if (!isObject(part)) throw new Garbled("a part of the answer's message is no object");
    const { type, text, refusal } = part;
    if (type === 'refusal' && typeof refusal === 'string' && refusal !== '')
      parts.push({ kind: 'refusal', text: refusal });
    if (type !== 'output_text' || typeof text !== 'string') continue;
    if (text !== '') parts.push({ kind: 'text', text });
    logprobs.push(...(readLogprobs(part['logprobs']) ?? []));
  }
}

interface Thought {
  readonly text: string;
  readonly state?: OpaqueState;
  readonly ofCall: boolean;
}

/** Open models tell their thoughts whole, in `content`; OpenAI's tell a summary. */
export function decodeReasoning(item: JsonObject): Thought {
  const summary = textsOf(item['summary']);
  const text = (summary.length > 0 ? summary : textsOf(item['content'])).join(summaryBreak);
  const { encrypted_content: encrypted, id } = item;
  if (typeof encrypted !== 'string' || encrypted === '') return { text, ofCall: false };
  return { text, ...stateOf(encrypted, typeof id === 'string' ? id : undefined) };
}

function textsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => (isObject(entry) && typeof entry['text'] === 'string' ? [entry['text']] : []));
}

export function decodeCall(item: JsonObject): Extract<AnswerPart, { kind: 'tool-call' }> {
  const { call_id: id, name } = item;
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw new Garbled('a function call of the answer has no id or no name');
  }
  return { kind: 'tool-call', id, name, input: inputText(item['arguments']) };
}
