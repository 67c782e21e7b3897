import type { DocumentPart, ImagePart, TextPart } from '../canonical/request.ts';
import { Fields } from '../openai/codec/fields.ts';
import { takeCache } from './cache-control.ts';

const filesElsewhere = 'a stored file lies with the provider that it was sent to';

/** Content is one text or a list of blocks; each block is given to `read`. */
export function decodeContent<P>(
  owner: Fields,
  name: string,
  read: (block: Fields, type: string) => readonly P[],
): (P | TextPart)[] {
  const content = owner.take(name);
  if (content === undefined) return [];
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  if (!Array.isArray(content)) throw owner.invalid(name, 'it must be a string or an array of blocks');
  const path = owner.at(name);
  return content.flatMap((entry, index) => {
    const block = new Fields(entry, `${path}[${index}]`);
    const parts = read(block, block.requiredText('type'));
    block.finish();
    return parts;
  });
}

export function decodeTexts(owner: Fields, name: string, ignored: string[]): TextPart[] {
  return decodeContent(owner, name, (block, type) => {
    if (type === 'text') return decodeText(block, ignored);
    throw block.invalid('type', 'only text is allowed here');
  });
}

/** Empty texts are nothing; Anthropic itself refuses them. */
export function decodeText(block: Fields, ignored: string[]): TextPart[] {
  const text = block.requiredText('text');
  // Where an earlier answer had its words from. The words are the same without.
  block.ignore('citations', ignored);
  const cache = takeCache(block);
  return text === '' ? [] : [{ kind: 'text', text, ...cache }];
}

export function decodeImage(block: Fields): ImagePart {
  const source = block.requiredObject('source');
  const type = source.requiredText('type');
  block.refuse('transformations', 'other wires take images as they are');
  const image: ImagePart = { kind: 'image', source: imageSource(source, type), ...takeCache(block) };
  source.finish();
  return image;
}

function imageSource(source: Fields, type: string): ImagePart['source'] {
  switch (type) {
    case 'base64':
      return { kind: 'base64', mediaType: source.requiredText('media_type'), data: source.requiredText('data') };
    case 'url':
      return { kind: 'url', url: source.requiredText('url') };
    case 'file':
      throw source.untranslatable('type', filesElsewhere);
    default:
      throw source.invalid('type', 'it must be one of base64, url, file');
  }
}

export function decodeDocument(block: Fields): DocumentPart {
  const citations = block.object('citations');
  if (citations?.flag('enabled') === true) {
    throw citations.untranslatable('enabled', 'answers elsewhere do not say where their words come from');
  }
  citations?.finish();
  block.refuse('context', 'a document has no remarks of its own elsewhere');
  const source = block.requiredObject('source');
  const name = block.text('title');
  const document: DocumentPart = {
    kind: 'document',
    source: documentSource(source, source.requiredText('type')),
    ...(name === undefined ? {} : { name }),
    ...takeCache(block),
  };
  source.finish();
  return document;
}

function documentSource(source: Fields, type: string): DocumentPart['source'] {
  switch (type) {
    case 'base64':
      return { kind: 'base64', mediaType: source.requiredText('media_type'), data: source.requiredText('data') };
    case 'text':
      source.oneOf('media_type', ['text/plain']);
      return { kind: 'text', text: source.requiredText('data') };
    // What Anthropic fetches as a document is always a PDF.
    case 'url':
      return { kind: 'url', url: source.requiredText('url'), mediaType: 'application/pdf' };
    case 'content':
      return { kind: 'text', text: wholeText(source) };
    case 'file':
      throw source.untranslatable('type', filesElsewhere);
    default:
      throw source.invalid('type', 'it must be one of base64, text, url, content, file');
  }
}

/** A document in blocks of its own is cut for citations. One text is a text. */
function wholeText(source: Fields): string {
  const content = source.take('content');
  if (typeof content === 'string') return content;
  throw source.untranslatable('content', 'elsewhere a document is not made of blocks');
}
