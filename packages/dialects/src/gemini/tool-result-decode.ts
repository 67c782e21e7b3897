import type { DocumentPart, ImagePart, ToolResultPart } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { CallBook } from './call-book.ts';
import { decodeFileData, decodeInlineData } from './media-decode.ts';
import type { ProtoFields } from './proto-fields.ts';

/** Members that hold all of a result where they stand alone: the first is the reference's word for it, the others are in wide use. */
const OUTPUTS = ['output', 'result', 'content'];

const LIVE_ONLY = 'a function that reports more than once is a feature of live sessions';

export function decodeToolResult(result: ProtoFields, calls: CallBook, ignored: string[]): ToolResultPart {
  const call = calls.answer(result);
  const { text, failed } = told(result.json('response') ?? {}, call.name);
  const media = result.entries('parts').map((part) => decodeResultPart(part, ignored));
  result.refuse('willContinue', LIVE_ONLY);
  result.refuse('scheduling', LIVE_ONLY);
  result.finish();
  return {
    kind: 'tool-result',
    ...call,
    parts: [...(text === '' ? [] : [{ kind: 'text', text } as const]), ...media],
    ...(failed ? { isError: true } : {}),
  };
}

/** Where an object says more than one thing, all of it is the result. Some clients repeat the function's name inside. */
function told(response: JsonObject, name: string): { readonly text: string; readonly failed: boolean } {
  const members = Object.keys(response).filter((member) => member !== 'name' || response['name'] !== name);
  const only = members.length === 1 ? members[0]! : '';
  if (only === 'error') return { text: textOf(response[only]), failed: true };
  if (OUTPUTS.includes(only)) return { text: textOf(response[only]), failed: false };
  return { text: Object.keys(response).length === 0 ? '' : JSON.stringify(response), failed: false };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function decodeResultPart(part: ProtoFields, ignored: string[]): ImagePart | DocumentPart {
  const inline = part.object('inlineData');
  const file = inline === undefined ? part.object('fileData') : undefined;
  part.finish();
  if (inline !== undefined) return decodeInlineData(inline, ignored);
  if (file !== undefined) return decodeFileData(file, ignored);
  throw part.invalid('inlineData', "it is missing; a result's part is inlineData or fileData");
}
