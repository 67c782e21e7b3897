import type { DocumentPart, ImagePart, TextPart } from '../../canonical/request.ts';
import { readDataUrl } from './data-url.ts';
import { Fields } from './fields.ts';

type UserPart = TextPart | ImagePart | DocumentPart;

/** Why `detail` has three words here and four at OpenAI: `original` asks for more than others have a word for, and changes no answer's kind. */
const DETAILS = ['auto', 'low', 'high', 'original'] as const;

/** A message's `content`: a string, or parts. What is empty says nothing and makes no part. */
export function decodeContent(message: Fields, ignored: string[]): UserPart[] {
  const content = message.take('content');
  if (content === undefined) return [];
  if (typeof content === 'string') return textParts(content);
  if (!Array.isArray(content)) throw message.invalid('content', 'it must be a string or an array of parts');
  const path = message.at('content');
  return content.flatMap((part, index) => decodePart(new Fields(part, `${path}[${index}]`), ignored));
}

export function textParts(text: string): TextPart[] {
  return text === '' ? [] : [{ kind: 'text', text }];
}

function decodePart(part: Fields, ignored: string[]): UserPart[] {
  const type = part.requiredText('type');
  // OpenAI keeps prompts by itself; the mark only says where.
  part.ignore('prompt_cache_breakpoint', ignored);
  const parts = decodeKind(type, part, ignored);
  part.finish();
  return parts;
}

function decodeKind(type: string, part: Fields, ignored: string[]): UserPart[] {
  switch (type) {
    case 'text':
      return textParts(part.requiredText('text'));
    case 'image_url':
      return [decodeImage(part, ignored)];
    case 'file':
      return [decodeFile(part)];
    case 'input_audio':
      throw part.untranslatable('type', 'other wires take no sound in this form');
    case 'document':
      throw part.untranslatable('type', 'documents that a model cites from are a feature of its own provider');
    default:
      throw part.invalid('type', 'it must be one of text, image_url, file, input_audio');
  }
}

function decodeImage(part: Fields, ignored: string[]): ImagePart {
  const image = part.requiredObject('image_url');
  const url = image.requiredText('url');
  const detail = image.oneOf('detail', DETAILS);
  if (detail === 'original') ignored.push(image.at('detail'));
  image.finish();
  const source = readDataUrl(url) ?? (/^https?:\/\//i.test(url) ? ({ kind: 'url', url } as const) : null);
  if (source === null) throw image.invalid('url', 'it must be an http(s) URL, or a data URL in base64');
  return {
    kind: 'image',
    source,
    ...(detail === undefined || detail === 'original' ? {} : { detail }),
  };
}

function decodeFile(part: Fields): DocumentPart {
  const file = part.requiredObject('file');
  if (file.take('file_id') !== undefined) {
    throw file.untranslatable('file_id', 'a file that was uploaded lies with the provider that it was uploaded to');
  }
  const source = readDataUrl(file.requiredText('file_data'));
  if (source === null) throw file.invalid('file_data', 'it must be a data URL in base64');
  const name = file.text('filename');
  file.finish();
  return { kind: 'document', source, ...(name === undefined ? {} : { name }) };
}
