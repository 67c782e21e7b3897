import { Unsupported, type Feature } from '../canonical/feature.ts';
import type {
  CanonicalRequest,
  DocumentPart,
  ImagePart,
  Message,
  Part,
  ReasoningPart,
  TextPart,
  ToolResultPart,
} from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { writeDataUrl } from '../openai/codec/data-url.ts';

type InputPart = TextPart | ImagePart | DocumentPart;

/** OpenAI wants a name with every file that comes as data. */
const unnamedDocument = 'document.pdf';

/** A single system text is the instructions; more of them keep apart in a message. */
export function encodeInput(request: CanonicalRequest, ignored: Set<Feature>): JsonObject {
  const { system, messages } = request;
  const input = messages.flatMap((message) => encodeMessage(message, ignored));
  if (system.length === 0) return { input };
  if (system.length === 1) return { instructions: system[0]!.text, input };
  return { input: [{ role: 'developer', content: encodeParts(system, ignored) }, ...input] };
}

function encodeMessage({ role, parts }: Message, ignored: Set<Feature>): JsonObject[] {
  const items: JsonObject[] = [];
  let words: InputPart[] = [];
  let said: JsonObject[] = [];
  const close = (): void => {
    if (words.length > 0)
      items.push({ role: role === 'system' ? 'developer' : role, content: encodeParts(words, ignored) });
    if (said.length > 0) items.push({ role: 'assistant', content: said });
    words = [];
    said = [];
  };
  for (const part of parts) {
    if (role === 'assistant' && (part.kind === 'text' || part.kind === 'refusal')) said.push(encodeSaid(part));
    else if (part.kind === 'text' || part.kind === 'image' || part.kind === 'document') words.push(part);
    else {
      const item = encodeItem(part, ignored);
      if (item === null) continue;
      close();
      items.push(item);
    }
  }
  close();
  return items;
}

function encodeSaid(part: Extract<Part, { kind: 'text' | 'refusal' }>): JsonObject {
  if (part.kind === 'refusal') return { type: 'refusal', refusal: part.text };
  return { type: 'output_text', text: part.text };
}

function encodeItem(part: Exclude<Part, InputPart>, ignored: Set<Feature>): JsonObject | null {
  switch (part.kind) {
    case 'tool-call':
      return { type: 'function_call', call_id: part.id, name: part.name, arguments: JSON.stringify(part.input) };
    case 'tool-result':
      return encodeResult(part, ignored);
    case 'reasoning':
      return encodeThought(part);
    case 'refusal':
      throw new Unsupported('message-order', 'that has refusals in messages of the assistant only');
  }
}

/** Only OpenAI's own thoughts mean something to it, and only with their state: without it the id would name what it keeps, of whomever. */
function encodeThought({ text, state }: ReasoningPart): JsonObject | null {
  if (state?.from !== 'openai' || state.data === '') return null;
  return {
    type: 'reasoning',
    ...(state.id === undefined ? {} : { id: state.id }),
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    encrypted_content: state.data,
  };
}

function encodeResult(result: ToolResultPart, ignored: Set<Feature>): JsonObject {
  const { callId, parts, isError } = result;
  if (isError === true) {
    const saysSomething = parts.some((part) => part.kind !== 'text' || part.text.trim() !== '');
    if (!saysSomething) {
      throw new Unsupported(
        'tool-result-error',
        'that has no mark for results that are errors, and this one has no text',
      );
    }
    ignored.add('tool-result-error');
  }
  const [first] = parts;
  const plain = parts.length === 0 || (parts.length === 1 && first?.kind === 'text');
  const output = plain ? (first?.kind === 'text' ? first.text : '') : encodeParts(parts, ignored);
  return { type: 'function_call_output', call_id: callId, output };
}

function encodeParts(parts: readonly InputPart[], ignored: Set<Feature>): JsonObject[] {
  if (parts.some((part) => part.cache !== undefined)) ignored.add('cache');
  return parts.map((part) => encodePart(part, ignored));
}

function encodePart(part: InputPart, ignored: Set<Feature>): JsonObject {
  if (part.kind === 'text') return { type: 'input_text', text: part.text };
  if (part.kind === 'image') {
    const url = part.source.kind === 'base64' ? writeDataUrl(part.source) : part.source.url;
    return { type: 'input_image', image_url: url, ...(part.detail === undefined ? {} : { detail: part.detail }) };
  }
  const { source } = part;
  if (source.kind === 'text') {
    // What is text already needs no reader of documents.
    if (part.name !== undefined) ignored.add('document-name');
    return { type: 'input_text', text: source.text };
  }
  const named = part.name === undefined ? {} : { filename: part.name };
  if (source.kind === 'url') return { type: 'input_file', file_url: source.url, ...named };
  return { type: 'input_file', filename: unnamedDocument, ...named, file_data: writeDataUrl(source) };
}
