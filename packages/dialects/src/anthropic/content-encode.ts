import { Unsupported, type Feature } from '../canonical/feature.ts';
import type { DocumentPart, ImagePart, TextPart } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { cacheMember } from './cache-control.ts';

const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const PDF = 'application/pdf';
const PLAIN = 'text/plain';

export function encodeText(part: TextPart): JsonObject[] {
  // Anthropic refuses empty texts.
  return part.text === '' ? [] : [{ type: 'text', text: part.text, ...cacheMember(part) }];
}

export function encodeImage(part: ImagePart, ignored: Set<Feature>): JsonObject {
  if (part.detail !== undefined && part.detail !== 'auto') ignored.add('image-detail');
  return { type: 'image', source: imageSource(part.source), ...cacheMember(part) };
}

function imageSource(source: ImagePart['source']): JsonObject {
  if (source.kind === 'url') return { type: 'url', url: source.url };
  if (!IMAGE_TYPES.includes(source.mediaType)) {
    throw new Unsupported('image-type', `that takes images of the types ${IMAGE_TYPES.join(', ')}`);
  }
  return { type: 'base64', media_type: source.mediaType, data: source.data };
}

export function encodeDocument(part: DocumentPart): JsonObject {
  return {
    type: 'document',
    source: documentSource(part.source),
    ...(part.name === undefined ? {} : { title: part.name }),
    ...cacheMember(part),
  };
}

function documentSource(source: DocumentPart['source']): JsonObject {
  if (source.kind === 'text') return { type: 'text', media_type: PLAIN, data: source.text };
  if (source.kind === 'url') {
    if (source.mediaType !== undefined && source.mediaType !== PDF) {
      throw new Unsupported('document-type', 'that fetches PDF documents only');
    }
    return { type: 'url', url: source.url };
  }
  switch (source.mediaType) {
    case PDF:
      return { type: 'base64', media_type: PDF, data: source.data };
    // Text is taken as text only.
    case PLAIN:
      return { type: 'text', media_type: PLAIN, data: Buffer.from(source.data, 'base64').toString('utf8') };
    default:
      throw new Unsupported('document-type', 'that takes documents as PDF or plain text');
  }
}
