import { Unsupported, type Feature } from '../canonical/feature.ts';
import type {
  Cacheable,
  CanonicalRequest,
  DocumentPart,
  ImagePart,
  Message,
  Part,
  TextPart,
  ToolResultPart,
} from '../canonical/request.ts';
import { cachePoint } from './cache-point.ts';
import { DocumentNames } from './document-names.ts';
import { DOCUMENT_TYPES, formatOf, IMAGE_TYPES } from './formats.ts';

type Media = TextPart | ImagePart | DocumentPart;

interface WireMessage {
  readonly role: Message['role'];
  readonly content: object[];
}

export function encodeSystem(system: CanonicalRequest['system']): object[] {
  const blocks: object[] = [];
  for (const part of system) {
    if (part.text === '') continue;
    blocks.push({ text: part.text });
    if (part.cache !== undefined) blocks.push(cachePoint(part.cache));
  }
  return blocks;
}

/** What is left out on the way goes into `ignored`. */
export function encodeMessages(messages: readonly Message[], ignored: Set<Feature>): WireMessage[] {
  const writer = new Writer(ignored);
  const wire: WireMessage[] = [];
  for (const { role, parts } of messages) {
    const content = parts.flatMap((part) => writer.blocks(part));
    const last = wire.at(-1);
    // Two of a role in a row are refused; together they say the same.
    if (last?.role === role) last.content.push(...content);
    else if (content.length > 0) wire.push({ role, content });
  }
  const first = wire.find(({ role }) => role !== 'system');
  if (first === undefined) throw new Unsupported('message-order', 'it needs a message of the user');
  if (first.role !== 'user') throw new Unsupported('message-order', 'its conversations begin with the user');
  return wire;
}

class Writer {
  readonly #ignored: Set<Feature>;
  readonly #names = new DocumentNames();

  constructor(ignored: Set<Feature>) {
    this.#ignored = ignored;
  }

  blocks(part: Part): object[] {
    const block = this.#block(part);
    if (block === null) return [];
    const point = cacheOf(part);
    return point === undefined ? [block] : [block, cachePoint(point)];
  }

  /** Null: there is nothing to write. */
  #block(part: Part): object | null {
    switch (part.kind) {
      case 'text':
      case 'image':
      case 'document':
        return this.#media(part);
      case 'tool-call':
        return { toolUse: { toolUseId: part.id, name: part.name, input: part.input } };
      case 'tool-result':
        return { toolResult: this.#result(part) };
      case 'refusal':
        return part.text === '' ? null : { text: part.text };
      case 'reasoning': {
        // Thoughts that nobody signed, or somebody else did, are of no use to a model here.
        if (part.state?.from !== 'bedrock') return null;
        return reasoningBlock(part.text, part.state.form, part.state.data);
      }
    }
  }

  #result(result: ToolResultPart): object {
    if (result.parts.some((part) => part.cache !== undefined)) this.#ignored.add('cache');
    return {
      toolUseId: result.callId,
      content: result.parts.map((part) => this.#media(part)).filter((block) => block !== null),
      ...(result.isError === undefined ? {} : { status: result.isError ? 'error' : 'success' }),
    };
  }

  #media(part: Media): object | null {
    switch (part.kind) {
      case 'text':
        // Bedrock refuses a text without text.
        return part.text === '' ? null : { text: part.text };
      case 'image':
        return { image: this.#image(part) };
      case 'document':
        return { document: this.#document(part) };
    }
  }

  #image({ source, detail }: ImagePart): object {
    if (detail !== undefined && detail !== 'auto') this.#ignored.add('image-detail');
    if (source.kind === 'url') throw new Unsupported('image-url', 'it takes pictures as bytes only');
    const format = formatOf(IMAGE_TYPES, source.mediaType);
    if (format === undefined) {
      throw new Unsupported(
        'image-type',
        `it takes ${[...IMAGE_TYPES.values()].join(', ')}, and not ${source.mediaType}`,
      );
    }
    return { format, source: { bytes: source.data } };
  }

  #document({ source, name: wish }: DocumentPart): object {
    if (source.kind === 'url') throw new Unsupported('document-url', 'it takes documents as bytes only');
    const { name, changed } = this.#names.next(wish);
    if (changed) this.#ignored.add('document-name');
    if (source.kind === 'text') return { format: 'txt', name, source: { text: source.text } };
    const format = formatOf(DOCUMENT_TYPES, source.mediaType);
    if (format === undefined) {
      throw new Unsupported(
        'document-type',
        `it takes ${[...DOCUMENT_TYPES.keys()].join(', ')}, and not ${source.mediaType}`,
      );
    }
    return { format, name, source: { bytes: source.data } };
  }
}

export function reasoningBlock(text: string, form: string, data: string): object {
  if (form === 'redacted') return { reasoningContent: { redactedContent: data } };
  return { reasoningContent: { reasoningText: { text, signature: data } } };
}

function cacheOf(part: Part & Cacheable): Cacheable['cache'] {
  return part.cache;
}
