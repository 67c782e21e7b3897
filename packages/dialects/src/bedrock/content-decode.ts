import type { DocumentPart, ImagePart, TextPart } from '../canonical/request.ts';
import type { Fields } from '../openai/codec/fields.ts';
import { DOCUMENT_TYPES, IMAGE_TYPES } from './formats.ts';

const inS3 = 'it lies in S3, where only Bedrock looks for it; send its bytes';
const citing = 'citations are told in a form that only Bedrock has';

/** What both messages and results of tools may hold. Null: the block is of another kind. */
export function decodeMedia(block: Fields): TextPart | ImagePart | DocumentPart | null {
  const text = block.text('text');
  if (text !== undefined) return { kind: 'text', text };
  const image = block.object('image');
  if (image !== undefined) return decodeImage(image);
  const document = block.object('document');
  if (document !== undefined) return decodeDocument(document);
  block.refuse('video', 'no other wire takes films');
  block.refuse('searchResult', citing);
  return null;
}

function decodeImage(image: Fields): ImagePart {
  const mediaType = typeOf(image, IMAGE_TYPES);
  const source = image.requiredObject('source');
  source.refuse('s3Location', inS3);
  const data = source.requiredText('bytes');
  source.finish();
  image.finish();
  return { kind: 'image', source: { kind: 'base64', mediaType, data } };
}

function decodeDocument(document: Fields): DocumentPart {
  const name = document.requiredText('name');
  const source = decodeSource(document);
  document.refuse('context', 'no other wire says what a document is for');
  const citations = document.object('citations');
  citations?.refuse('enabled', citing);
  citations?.finish();
  document.finish();
  return { kind: 'document', source, name };
}

function decodeSource(document: Fields): DocumentPart['source'] {
  const source = document.requiredObject('source');
  source.refuse('s3Location', inS3);
  source.refuse('content', citing);
  const text = source.text('text');
  if (text !== undefined) {
    // Text is text, whatever its format is called.
    document.take('format');
    source.finish();
    return { kind: 'text', text };
  }
  const data = source.requiredText('bytes');
  source.finish();
  return { kind: 'base64', mediaType: typeOf(document, DOCUMENT_TYPES), data };
}

function typeOf(media: Fields, types: ReadonlyMap<string, string>): string {
  const format = media.oneOf('format', [...types.keys()]);
  const mediaType = format === undefined ? undefined : types.get(format);
  if (mediaType !== undefined) return mediaType;
  throw media.invalid('format', `it is missing; it must be one of ${[...types.keys()].join(', ')}`);
}
