import type { Feature } from '../canonical/feature.ts';
import type { DocumentPart, ImagePart } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { mediaTypeOfUrl } from './media-types.ts';

/** The wire tells pictures from documents by their type alone. */
export function mediaPart(part: ImagePart | DocumentPart, ignored: Set<Feature>): JsonObject {
  // A name is read where tools of Google's own work on the file, and refused by models that have none.
  if (part.kind === 'document' && part.name !== undefined) ignored.add('document-name');
  if (part.kind === 'image' && part.detail !== undefined && part.detail !== 'auto') ignored.add('image-detail');
  const { source } = part;
  switch (source.kind) {
    case 'base64':
      return { inlineData: { mimeType: source.mediaType, data: source.data } };
    case 'text':
      return { inlineData: { mimeType: 'text/plain', data: Buffer.from(source.text).toString('base64') } };
    case 'url': {
      const mimeType = source.mediaType ?? mediaTypeOfUrl(source.url);
      return { fileData: { ...(mimeType === undefined ? {} : { mimeType }), fileUri: source.url } };
    }
  }
}
