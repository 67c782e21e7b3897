import type { DocumentPart, ImagePart, Part, TextPart } from '../canonical/request.ts';
import { textParts } from '../openai/codec/content-decode.ts';
import { readDataUrl } from '../openai/codec/data-url.ts';
import { Fields } from '../openai/codec/fields.ts';

type InputPart = TextPart | ImagePart | DocumentPart;

const uploaded = 'a file that was uploaded lies with the provider that it was uploaded to';
const DETAILS = ['auto', 'low', 'high', 'original'] as const;

/** A string, or parts, in the member of that name. What is empty says nothing and makes no part. */
export function decodeInputParts(item: Fields, member: 'content' | 'output', ignored: string[]): InputPart[] {
  return decodeList(item, member, (part) => decodeInput(part, ignored));
}

/** What the assistant said, as an answer told it or as a client wrote it. */
export function decodeSaid(item: Fields): Part[] {
  return decodeList(item, 'content', decodeOutput);
}

function decodeList<P>(item: Fields, member: string, decode: (part: Fields) => P[]): (P | TextPart)[] {
  const content = item.take(member);
  if (typeof content === 'string') return textParts(content);
  if (!Array.isArray(content)) throw item.invalid(member, 'it must be a string or an array of parts');
  const path = item.at(member);
  return content.flatMap((entry, index) => {
    const part = new Fields(entry, `${path}[${index}]`);
    const decoded = decode(part);
    part.finish();
    return decoded;
  });
}

function decodeInput(part: Fields, ignored: string[]): InputPart[] {
  const type = part.requiredText('type');
  // OpenAI keeps prompts by itself; the mark only says where.
  part.ignore('prompt_cache_breakpoint', ignored);
  switch (type) {
    case 'input_text':
      return textParts(part.requiredText('text'));
    case 'input_image':
      return [decodeImage(part, ignored)];
    case 'input_file':
      return [decodeFile(part, ignored)];
    case 'input_audio':
      throw part.untranslatable('type', 'other wires take no sound in this form');
    default:
      throw part.invalid('type', 'it must be one of input_text, input_image, input_file');
  }
}

function decodeOutput(part: Fields): Part[] {
  const type = part.oneOf('type', ['output_text', 'input_text', 'refusal']);
  if (type === undefined) throw part.invalid('type', 'it must be one of output_text, refusal');
  // They come with the text when an answer is sent back.
  for (const name of ['annotations', 'logprobs', 'parsed', 'prompt_cache_breakpoint']) part.take(name);
  const text = part.requiredText(type === 'refusal' ? 'refusal' : 'text');
  if (text === '') return [];
  return [{ kind: type === 'refusal' ? 'refusal' : 'text', text }];
}

function decodeImage(part: Fields, ignored: string[]): ImagePart {
  part.refuse('file_id', uploaded);
  const url = part.requiredText('image_url');
  const detail = part.oneOf('detail', DETAILS);
  if (detail === 'original') ignored.push(part.at('detail'));
  const source = readDataUrl(url) ?? urlSource(url);
  if (source === null) throw part.invalid('image_url', 'it must be an http(s) URL, or a data URL in base64');
  return { kind: 'image', source, ...(detail === undefined || detail === 'original' ? {} : { detail }) };
}

function decodeFile(part: Fields, ignored: string[]): DocumentPart {
  part.refuse('file_id', uploaded);
  part.ignore('detail', ignored);
  const data = part.text('file_data');
  const url = part.text('file_url');
  const name = part.text('filename');
  const source = data === undefined ? urlSource(url ?? '') : readDataUrl(data);
  if (source === null) {
    const member = data === undefined ? 'file_url' : 'file_data';
    throw part.invalid(member, 'a file is an http(s) URL in file_url, or a data URL in base64 in file_data');
  }
  return { kind: 'document', source, ...(name === undefined ? {} : { name }) };
}

function urlSource(url: string): { readonly kind: 'url'; readonly url: string } | null {
  return /^https?:\/\//i.test(url) ? { kind: 'url', url } : null;
}
