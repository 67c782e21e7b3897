import type { DocumentPart, ImagePart } from '../canonical/request.ts';
import { mediaTypeOfUrl } from './media-types.ts';
import type { ProtoFields } from './proto-fields.ts';

/** What only Google can fetch: uploaded files, its storage, and videos by their page. */
const GOOGLES_OWN =
  /^(?:gs:|https?:\/\/(?:generativelanguage\.googleapis\.com|storage\.cloud\.google\.com|(?:[a-z]+\.)?youtube\.com|youtu\.be)(?:[/:?]|$))/i;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes inside the request. */
export function decodeInlineData(blob: ProtoFields, ignored: string[]): ImagePart | DocumentPart {
  const mediaType = blob.requiredText('mimeType').toLowerCase();
  const data = standardBase64(blob.requiredText('data'));
  const kind = kindOf(blob, mediaType);
  if (kind === 'image') return { kind, source: { kind: 'base64', mediaType, data }, ...unnamed(blob, ignored) };
  const text = mediaType === 'text/plain' ? textOf(data) : undefined;
  const source = text === undefined ? { kind: 'base64' as const, mediaType, data } : { kind: 'text' as const, text };
  return { kind, source, ...named(blob) };
}

/** Bytes that lie elsewhere. Without a type, the address's own ending tells it. */
export function decodeFileData(file: ProtoFields, ignored: string[]): ImagePart | DocumentPart {
  const url = file.requiredText('fileUri');
  const mediaType = file.text('mimeType')?.toLowerCase();
  if (GOOGLES_OWN.test(url)) throw file.untranslatable('fileUri', 'what lies with Google is not open to others');
  if (!/^https?:\/\//i.test(url)) throw file.invalid('fileUri', 'it must be an http(s) URL');
  const source = { kind: 'url' as const, url, ...(mediaType === undefined ? {} : { mediaType }) };
  const kind = kindOf(file, mediaType ?? mediaTypeOfUrl(url) ?? '');
  return kind === 'image' ? { kind, source, ...unnamed(file, ignored) } : { kind, source, ...named(file) };
}

function kindOf(fields: ProtoFields, mediaType: string): 'image' | 'document' {
  if (mediaType.startsWith('image/')) return 'image';
  if (mediaType.startsWith('audio/') || mediaType.startsWith('video/')) {
    throw fields.untranslatable('mimeType', 'other wires take no sound and no film in this form');
  }
  return 'document';
}

function named(fields: ProtoFields): { name?: string } {
  const name = fields.text('displayName');
  fields.finish();
  return name === undefined ? {} : { name };
}

/** Pictures have no names elsewhere. */
function unnamed(fields: ProtoFields, ignored: string[]): object {
  fields.ignore('displayName', ignored);
  fields.finish();
  return {};
}

/** Some of the wire's SDKs write the alphabet for URLs, which other providers do not read. */
function standardBase64(data: string): string {
  if (!/[-_]/.test(data)) return data;
  return Buffer.from(data, 'base64').toString('base64');
}

function textOf(data: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(data, 'base64'));
  } catch {
    return undefined;
  }
}
