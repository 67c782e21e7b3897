import type { ImagePart, Part, ToolCallPart } from '../canonical/request.ts';
import type { CallBook } from './call-book.ts';
import { decodeFileData, decodeInlineData } from './media-decode.ts';
import type { ProtoFields } from './proto-fields.ts';
import { stateOf } from './signature.ts';
import { decodeToolResult } from './tool-result-decode.ts';

/** What a part can hold, one of them each. */
const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
  'audioTranscription',
] as const;

const RESOLUTIONS: ReadonlyMap<string, NonNullable<ImagePart['detail']>> = new Map([
  ['MEDIA_RESOLUTION_LOW', 'low'],
  ['MEDIA_RESOLUTION_HIGH', 'high'],
  ['MEDIA_RESOLUTION_ULTRA_HIGH', 'high'],
]);

export interface PartContext {
  readonly role: 'user' | 'assistant';
  readonly calls: CallBook;
  readonly ignored: string[];
}

/** One part; empty text is none, and a signature beside text is one of its own. */
export function decodePart(part: ProtoFields, context: PartContext): Part[] {
  const kinds = DATA.filter((name) => part.names.includes(name));
  if (kinds.length > 1) throw part.invalid(kinds[1]!, `a part holds one thing, and '${kinds[0]!}' is there already`);
  const thought = part.flag('thought') ?? false;
  const signature = part.text('thoughtSignature') ?? '';
  part.ignore('partMetadata', context.ignored);
  const decoded = decodeData(part, kinds[0], { thought, signature }, context);
  part.finish();
  return decoded;
}

interface Marks {
  readonly thought: boolean;
  readonly signature: string;
}

function decodeData(
  part: ProtoFields,
  kind: (typeof DATA)[number] | undefined,
  marks: Marks,
  context: PartContext,
): Part[] {
  switch (kind) {
    case 'text':
      return decodeText(part.requiredText('text'), marks, context);
    case 'inlineData':
    case 'fileData':
      return [decodeMedia(part, kind, marks, context)];
    case 'functionCall':
      return [decodeCall(part, marks, context)];
    case 'functionResponse':
      if (context.role === 'assistant') throw part.invalid(kind, 'a result comes from the user');
      return [decodeToolResult(part.object(kind)!, context.calls, context.ignored)];
    case undefined:
      if (marks.signature === '') throw part.invalid('text', `it is missing; a part holds one of ${DATA.join(', ')}`);
      return decodeText('', marks, context);
    default:
      throw part.untranslatable(kind, 'what runs inside Google, other providers cannot go on with');
  }
}

function decodeText(text: string, { thought, signature }: Marks, { role }: PartContext): Part[] {
  const state = role === 'assistant' ? stateOf(signature) : undefined;
  if (thought && role === 'assistant') {
    if (text === '' && state === undefined) return [];
    return [{ kind: 'reasoning', text, ...(state === undefined ? {} : { state }) }];
  }
  return [
    ...(text === '' ? [] : [{ kind: 'text', text } as const]),
    ...(state === undefined ? [] : [{ kind: 'reasoning', text: '', state } as const]),
  ];
}

function decodeMedia(
  part: ProtoFields,
  kind: 'inlineData' | 'fileData',
  { thought }: Marks,
  { role, ignored }: PartContext,
): Part {
  if (role === 'assistant' || thought)
    throw part.untranslatable(kind, 'other wires have no pictures that a model made');
  const fields = part.object(kind)!;
  const media = kind === 'inlineData' ? decodeInlineData(fields, ignored) : decodeFileData(fields, ignored);
  const detail = resolutionOf(part, ignored);
  part.refuse('videoMetadata', 'other wires take no film in this form');
  return media.kind === 'image' && detail !== undefined ? { ...media, detail } : media;
}

function resolutionOf(part: ProtoFields, ignored: string[]): ImagePart['detail'] {
  const resolution = part.object('mediaResolution');
  if (resolution === undefined) return undefined;
  const level = resolution.word('level') ?? 'MEDIA_RESOLUTION_UNSPECIFIED';
  resolution.ignore('numTokens', ignored);
  resolution.finish();
  const detail = RESOLUTIONS.get(level);
  if (detail === undefined && level !== 'MEDIA_RESOLUTION_UNSPECIFIED') ignored.push(resolution.at('level'));
  return detail;
}

function decodeCall(part: ProtoFields, { signature }: Marks, { role, calls }: PartContext): ToolCallPart {
  const call = part.object('functionCall')!;
  if (role === 'user') throw part.invalid('functionCall', 'a call comes from the model');
  const name = call.requiredText('name');
  const id = calls.call(call.text('id') || undefined, name);
  const input = call.json('args') ?? {};
  call.finish();
  const state = stateOf(signature);
  return { kind: 'tool-call', id, name, input, ...(state === undefined ? {} : { state }) };
}
