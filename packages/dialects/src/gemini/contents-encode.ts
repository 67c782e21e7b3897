import { Unsupported, type Feature } from '../canonical/feature.ts';
import type { CanonicalRequest, Message, OpaqueState, Part, ToolResultPart } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { mediaPart } from './media-encode.ts';
import type { ModelFacts } from './model-facts.ts';
import { addSaid, callPart } from './parts-encode.ts';
import { FOREIGN_CALL } from './signature.ts';

interface Writing {
  readonly model: ModelFacts;
  /** Functions by the ids of their calls. */
  readonly names: ReadonlyMap<string, string>;
  readonly ignored: Set<Feature>;
}

export function encodeContents(request: CanonicalRequest, model: ModelFacts, ignored: Set<Feature>): JsonObject[] {
  const writing: Writing = { model, names: callNames(request.messages), ignored };
  const contents: JsonObject[] = [];
  let answers: JsonObject[] | undefined;
  for (const message of request.messages) {
    const parts = encodeMessage(message, writing);
    if (parts.length === 0) continue;
    // As many results as there were calls must come in one content, and some wires send each in a message of its own.
    const isResult = message.parts.map((part) => part.kind === 'tool-result');
    if (answers !== undefined && isResult[0] === true) answers.push(...parts);
    else contents.push({ role: message.role === 'assistant' ? 'model' : 'user', parts });
    if (!isResult.every(Boolean)) answers = undefined;
    else answers ??= parts;
  }
  if (contents.length === 0) throw new Unsupported('message-order', 'it answers a conversation, and there is none');
  return contents;
}

function callNames(messages: readonly Message[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.kind === 'tool-call') names.set(part.id, part.name);
  }
  return names;
}

function encodeMessage(message: Message, writing: Writing): JsonObject[] {
  if (message.role === 'system') {
    throw new Unsupported('system-later', 'its instructions all come before the conversation');
  }
  const parts: JsonObject[] = [];
  let signed = false;
  for (const part of message.parts) {
    noteCache(part, writing.ignored);
    if (part.kind === 'tool-call') {
      // Of calls that were made together, the first one has the signature.
      const signature = part.state === undefined ? undefined : ownSignature(part.state);
      const needed = writing.model.signsCalls && !signed ? FOREIGN_CALL : undefined;
      parts.push(callPart(part.id, part.name, part.input, signature ?? needed));
      signed = true;
    } else addPart(parts, part, writing);
  }
  return parts;
}

function addPart(to: JsonObject[], part: Exclude<Part, { kind: 'tool-call' }>, writing: Writing): void {
  switch (part.kind) {
    case 'image':
    case 'document':
      to.push(mediaPart(part, writing.ignored));
      break;
    case 'tool-result':
      to.push(encodeResult(part, writing));
      break;
    default:
      addSaid(to, part, ownSignature);
  }
}

export function noteCache(part: object, ignored: Set<Feature>): void {
  if ('cache' in part) ignored.add('cache');
}

function ownSignature(state: OpaqueState): string | undefined {
  return state.from === 'gemini' ? state.data : undefined;
}

function encodeResult(part: ToolResultPart, { model, names, ignored }: Writing): JsonObject {
  const name = part.name ?? names.get(part.callId);
  if (name === undefined) {
    throw new Unsupported('message-order', 'it goes by the name of the tool, and no call comes before this result');
  }
  const texts: string[] = [];
  const media: JsonObject[] = [];
  for (const inner of part.parts) {
    noteCache(inner, ignored);
    if (inner.kind === 'text') texts.push(inner.text);
    else if (model.resultParts) media.push(mediaPart(inner, ignored));
    else throw new Unsupported(`tool-result-${inner.kind}`, 'models before Gemini 3 take only text as a result');
  }
  const response = { [part.isError === true ? 'error' : 'output']: texts.join('\n') };
  return { functionResponse: { id: part.callId, name, response, ...(media.length === 0 ? {} : { parts: media }) } };
}
