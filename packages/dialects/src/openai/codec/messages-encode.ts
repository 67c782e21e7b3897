import { Unsupported, type Feature } from '../../canonical/feature.ts';
import type {
  CanonicalRequest,
  DocumentPart,
  ImagePart,
  Message,
  Part,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/request.ts';
import type { JsonObject } from '../accumulate.ts';
import { writeDataUrl } from './data-url.ts';
import type { ChatTarget } from './flavour.ts';

/** OpenAI wants a name with every file that comes as data. */
const unnamedDocument = 'document.pdf';

export function encodeMessages(request: CanonicalRequest, target: ChatTarget, ignored: Set<Feature>): JsonObject[] {
  const messages: JsonObject[] = [];
  // All servers of this wire take `system`; only OpenAI's know `developer`, and take both for the same.
  if (request.system.length > 0) messages.push({ role: 'system', content: texts(request.system) });
  for (const message of request.messages) messages.push(...encodeMessage(message, target, ignored));
  if (request.continues === true) messages.push({ ...messages.pop(), content: begunText(request.messages.at(-1)!) });
  return messages;
}

/** One string, to which an engine can add. */
function begunText({ parts }: Message): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

function encodeMessage(message: Message, target: ChatTarget, ignored: Set<Feature>): JsonObject[] {
  if (message.role === 'assistant') return [encodeAssistant(message.parts, target)];
  const results = message.parts.filter((part) => part.kind === 'tool-result');
  const rest = message.parts.filter(isContent);
  // Results have messages of their own, directly behind the calls.
  const encoded: JsonObject[] = results.map((result) => encodeResult(result, target, ignored));
  if (rest.length > 0 || results.length === 0) {
    encoded.push({ role: message.role, content: encodeContent(rest, target, ignored) });
  }
  return encoded;
}

function isContent(part: Part): part is TextPart | ImagePart | DocumentPart {
  return part.kind === 'text' || part.kind === 'image' || part.kind === 'document';
}

/** One text is a plain string, which is all that some chat templates of engines can read. */
function texts(parts: readonly TextPart[]): string | JsonObject[] {
  if (parts.length <= 1) return parts[0]?.text ?? '';
  return parts.map(({ text }) => ({ type: 'text', text }));
}

function encodeContent(
  parts: readonly (TextPart | ImagePart | DocumentPart)[],
  target: ChatTarget,
  ignored: Set<Feature>,
): string | JsonObject[] {
  if (parts.some((part) => part.cache !== undefined)) ignored.add('cache');
  if (parts.every((part) => part.kind === 'text')) return texts(parts);
  return parts.map((part) => {
    switch (part.kind) {
      case 'text':
        return { type: 'text', text: part.text };
      case 'image':
        return encodeImage(part, target);
      case 'document':
        return encodeDocument(part, target, ignored);
    }
  });
}

function encodeImage({ source, detail }: ImagePart, target: ChatTarget): JsonObject {
  if (source.kind === 'base64' && target.imageTypes?.includes(source.mediaType) === false) {
    throw new Unsupported('image-type', `it takes images of the types ${target.imageTypes.join(', ')}`);
  }
  const url = source.kind === 'url' ? source.url : writeDataUrl(source);
  return { type: 'image_url', image_url: { url, ...(detail === undefined ? {} : { detail }) } };
}

function encodeDocument({ source, name }: DocumentPart, target: ChatTarget, ignored: Set<Feature>): JsonObject {
  // What is text already needs no reader of documents.
  if (source.kind === 'text') {
    if (name !== undefined) ignored.add('document-name');
    return { type: 'text', text: source.text };
  }
  if (!target.documents) throw new Unsupported('document', 'that takes text and images only');
  if (source.kind === 'url') throw new Unsupported('document-url', 'that takes documents as data only');
  if (source.mediaType !== 'application/pdf') throw new Unsupported('document-type', 'that takes PDF documents only');
  return { type: 'file', file: { filename: name ?? unnamedDocument, file_data: writeDataUrl(source) } };
}

function encodeResult(result: ToolResultPart, target: ChatTarget, ignored: Set<Feature>): JsonObject {
  for (const part of result.parts) {
    if (part.kind === 'image' && !target.toolResultImages) {
      throw new Unsupported('tool-result-image', 'that takes the results of tools as text');
    }
    if (part.kind === 'document' && part.source.kind !== 'text') {
      throw new Unsupported('tool-result-document', 'that takes the results of tools as text');
    }
  }
  if (result.isError === true) {
    const saysSomething = result.parts.some((part) => part.kind !== 'text' || part.text.trim() !== '');
    if (!saysSomething) {
      throw new Unsupported(
        'tool-result-error',
        'that has no mark for results that are errors, and this one has no text',
      );
    }
    ignored.add('tool-result-error');
  }
  return { role: 'tool', tool_call_id: result.callId, content: encodeContent(result.parts, target, ignored) };
}

function encodeAssistant(parts: readonly Part[], target: ChatTarget): JsonObject {
  const calls = parts.filter((part) => part.kind === 'tool-call');
  const { content, refusal } = encodeWords(parts, target);
  return {
    role: 'assistant',
    content: content ?? (calls.length > 0 || refusal !== undefined ? null : ''),
    ...(refusal === undefined ? {} : { refusal }),
    ...encodeThoughts(parts, target),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(encodeCall) }),
  };
}

/** A single refusal after the text has a member of its own; only parts can say any other order. */
function encodeWords(
  parts: readonly Part[],
  target: ChatTarget,
): { readonly content?: string | JsonObject[]; readonly refusal?: string } {
  const words = parts
    .filter((part) => part.kind === 'text' || part.kind === 'refusal')
    .map(({ kind, text }) => ({ kind: target.refusals ? kind : ('text' as const), text }));
  const last = words.at(-1);
  const before = last?.kind === 'refusal' ? words.slice(0, -1) : words;
  const refusal = last?.kind === 'refusal' ? { refusal: last.text } : {};
  if (before.length === 0) return refusal;
  if (before.length === 1 && before[0]!.kind === 'text') return { content: before[0]!.text, ...refusal };
  return { content: before.map(({ kind, text }) => ({ type: kind, [kind]: text })), ...refusal };
}

/** Thoughts with state belong to the provider that wrote the state. */
function encodeThoughts(parts: readonly Part[], target: ChatTarget): JsonObject {
  if (target.thoughts === null) return {};
  const thoughts = parts.filter((part) => part.kind === 'reasoning').filter((part) => part.state === undefined);
  const text = thoughts.map((part) => part.text).join('');
  return text === '' ? {} : { [target.thoughts]: text };
}

function encodeCall({ id, name, input }: ToolCallPart): JsonObject {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } };
}
