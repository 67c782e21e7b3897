import type { AnswerPart, CanonicalAnswer } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { WireHeaders } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { readEnding } from './stop-reasons.ts';
import { readUsage } from './usage.ts';

export const TIER_HEADER = 'x-amzn-bedrock-service-tier';

export function decodeConverseAnswer(body: JsonObject, headers: WireHeaders): CanonicalAnswer {
  const output = isObject(body['output']) ? body['output'] : {};
  const message = isObject(output['message']) ? output['message'] : {};
  const content = message['content'];
  if (!Array.isArray(content)) throw new Garbled('the answer has no output.message.content');
  const tierWord = readTierWord(body['serviceTier']) ?? headers[TIER_HEADER];
  return {
    choices: [{ parts: content.flatMap(decodePart), ...readEnding(body) }],
    usage: readUsage(body['usage']),
    ...(tierWord === undefined ? {} : { tierWord }),
  };
}

export function readTierWord(raw: unknown): string | undefined {
  return isObject(raw) && typeof raw['type'] === 'string' ? raw['type'] : undefined;
}

function decodePart(block: unknown): AnswerPart[] {
  if (!isObject(block)) throw new Garbled('a part of the answer is no object');
  const { text, toolUse, reasoningContent, citationsContent } = block;
  if (typeof text === 'string') return text === '' ? [] : [{ kind: 'text', text }];
  if (isObject(toolUse)) return [decodeCall(toolUse)];
  if (isObject(reasoningContent)) return decodeThought(reasoningContent);
  if (isObject(citationsContent)) return decodeCited(citationsContent);
  throw new Garbled(`a part of the answer is of a kind that is not known: ${Object.keys(block).join(', ')}`);
}

function decodeCall(call: JsonObject): AnswerPart {
  const { toolUseId: id, name, input } = call;
  if (typeof id !== 'string' || typeof name !== 'string') throw new Garbled('a tool call has no id or no name');
  return { kind: 'tool-call', id, name, input: typeof input === 'string' ? input : JSON.stringify(input ?? {}) };
}

function decodeThought(thought: JsonObject): AnswerPart[] {
  const parts: AnswerPart[] = [];
  const { redactedContent, reasoningText } = thought;
  if (typeof redactedContent === 'string') {
    parts.push({ kind: 'reasoning', text: '', state: { from: 'bedrock', form: 'redacted', data: redactedContent } });
  }
  if (isObject(reasoningText)) {
    const text = typeof reasoningText['text'] === 'string' ? reasoningText['text'] : '';
    const data = reasoningText['signature'];
    const state = typeof data === 'string' ? { state: { from: 'bedrock', form: 'signature', data } as const } : {};
    parts.push({ kind: 'reasoning', text, ...state });
  }
  return parts;
}

/** The sources are left out: no other wire tells them so. */
function decodeCited(cited: JsonObject): AnswerPart[] {
  const content = Array.isArray(cited['content']) ? cited['content'] : [];
  const text = content
    .map((entry) => (isObject(entry) && typeof entry['text'] === 'string' ? entry['text'] : ''))
    .join('');
  return text === '' ? [] : [{ kind: 'text', text }];
}
