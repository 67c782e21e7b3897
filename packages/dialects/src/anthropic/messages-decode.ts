import type {
  DocumentPart,
  ImagePart,
  Message,
  OpaqueState,
  Part,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../canonical/request.ts';
import type { Fields } from '../openai/codec/fields.ts';
import { takeCache } from './cache-control.ts';
import { carriedIn } from './carried-state.ts';
import { decodeContent, decodeDocument, decodeImage, decodeText, decodeTexts } from './content-decode.ts';

const onlyHere = 'blocks of this type belong to tools and features that run at their own provider';

/** What stands in a message of the other role only, so that it is simply wrong where it was found. */
const PLAIN_BLOCKS: ReadonlySet<string> = new Set([
  'text',
  'image',
  'document',
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
]);

interface Conversation {
  /** Messages of the system that stand before all others. */
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
}

export function decodeMessages(body: Fields, ignored: string[]): Conversation {
  const system: TextPart[] = [];
  const messages: Message[] = [];
  const toolNames = new Map<string, string>();
  for (const message of body.entries('messages')) {
    const role = message.oneOf('role', ['user', 'assistant', 'system']);
    if (role === undefined) throw message.invalid('role', 'it must be one of user, assistant, system');
    if (role === 'system') {
      const parts = decodeTexts(message, 'content', ignored);
      if (messages.length === 0) system.push(...parts);
      else messages.push({ role, parts });
    } else {
      const parts =
        role === 'user' ? decodeUser(message, toolNames, ignored) : decodeAssistant(message, toolNames, ignored);
      if (parts.length > 0) messages.push({ role, parts });
      else if (role === 'user') throw message.invalid('content', 'it says nothing; text or blocks are required');
    }
    message.finish();
  }
  return { system, messages };
}

function decodeUser(message: Fields, toolNames: ReadonlyMap<string, string>, ignored: string[]): Part[] {
  return decodeContent<Part>(message, 'content', (block, type) => {
    if (type === 'tool_result') return [decodeResult(block, toolNames, ignored)];
    return decodeMedia(block, type, ignored);
  });
}

function decodeMedia(block: Fields, type: string, ignored: string[]): (TextPart | ImagePart | DocumentPart)[] {
  switch (type) {
    case 'text':
      return decodeText(block, ignored);
    case 'image':
      return [decodeImage(block)];
    case 'document':
      return [decodeDocument(block)];
    default:
      throw misplaced(block, type);
  }
}

function misplaced(block: Fields, type: string): Error {
  if (PLAIN_BLOCKS.has(type)) return block.invalid('type', `a block of type ${type} is not allowed here`);
  return block.untranslatable('type', onlyHere);
}

function decodeResult(block: Fields, toolNames: ReadonlyMap<string, string>, ignored: string[]): ToolResultPart {
  const callId = block.requiredText('tool_use_id');
  const name = toolNames.get(callId);
  const isError = block.flag('is_error');
  block.refuse('toolset_name', onlyHere);
  return {
    kind: 'tool-result',
    callId,
    ...(name === undefined ? {} : { name }),
    parts: decodeContent(block, 'content', (inner, type) => decodeMedia(inner, type, ignored)),
    ...(isError === true ? { isError } : {}),
    ...takeCache(block),
  };
}

function decodeAssistant(message: Fields, toolNames: Map<string, string>, ignored: string[]): Part[] {
  let callState: OpaqueState | undefined;
  return decodeContent<Part>(message, 'content', (block, type) => {
    switch (type) {
      case 'text':
        return decodeText(block, ignored);
      case 'thinking':
        return decodeThinking(block);
      case 'redacted_thinking': {
        const { state, ofCall } = carriedIn(block.requiredText('data'), 'redacted');
        if (ofCall) callState = state;
        return ofCall || state === undefined ? [] : [{ kind: 'reasoning', text: '', state }];
      }
      case 'tool_use': {
        const call = decodeCall(block, callState);
        callState = undefined;
        toolNames.set(call.id, call.name);
        return [call];
      }
      default:
        throw misplaced(block, type);
    }
  });
}

function decodeThinking(block: Fields): Part[] {
  const text = block.text('thinking') ?? '';
  const signature = block.text('signature') ?? '';
  const { state } = signature === '' ? {} : carriedIn(signature, 'signature');
  if (state !== undefined) return [{ kind: 'reasoning', text, state }];
  return text === '' ? [] : [{ kind: 'reasoning', text }];
}

function decodeCall(block: Fields, state: OpaqueState | undefined): ToolCallPart {
  block.refuse('toolset_name', onlyHere);
  const caller = block.object('caller');
  if (caller !== undefined && caller.text('type') !== 'direct') throw caller.untranslatable('type', onlyHere);
  caller?.finish();
  const input = block.json('input');
  if (input === undefined) throw block.invalid('input', 'it is missing; an object is required');
  return {
    kind: 'tool-call',
    id: block.requiredText('id'),
    name: block.requiredText('name'),
    input,
    ...takeCache(block),
    ...(state === undefined ? {} : { state }),
  };
}
