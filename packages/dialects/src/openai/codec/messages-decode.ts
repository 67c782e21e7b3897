import { nestedLimit, parseNested } from '../../json/nested.ts';
import type { JsonObject } from '../accumulate.ts';
import type {
  DocumentPart,
  ImagePart,
  Message,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../canonical/request.ts';
import { carriedState, STATE_MEMBER, type CarriedState } from './carried-state.ts';
import { decodeContent, textParts } from './content-decode.ts';
import { Fields } from './fields.ts';

const soundsElsewhere = 'it names a sound that lies with the provider that made it';
const noFunctions = 'functions gave way to tools; send tool_calls';

interface Conversation {
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
}

/** System and developer messages that stand first are the system text; later ones stay where they are. */
export function decodeMessages(body: Fields, ignored: string[]): Conversation {
  const system: TextPart[] = [];
  const messages: Message[] = [];
  const toolNames = new Map<string, string>();
  let results: ToolResultPart[] | null = null;
  for (const message of body.entries('messages')) {
    const role = message.requiredText('role');
    if (role === 'tool') {
      const result = decodeResult(message, toolNames, ignored);
      if (results === null) messages.push({ role: 'user', parts: (results = []) });
      results.push(result);
      continue;
    }
    results = null;
    if (role === 'system' || role === 'developer') {
      const parts = decodeSystem(message, ignored);
      if (messages.length === 0) system.push(...parts);
      else messages.push({ role: 'system', parts });
    } else messages.push(decodeTurn(role, message, toolNames, ignored));
  }
  return { system, messages };
}

function decodeTurn(role: string, message: Fields, toolNames: Map<string, string>, ignored: string[]): Message {
  if (role === 'function') throw message.untranslatable('role', noFunctions);
  if (role !== 'user' && role !== 'assistant') {
    throw message.invalid('role', 'it must be one of system, developer, user, assistant, tool');
  }
  message.refuse('name', 'other wires do not tell apart who speaks in one role');
  const parts = role === 'user' ? decodeContent(message, ignored) : decodeAssistant(message, toolNames, ignored);
  message.finish();
  return { role, parts };
}

function decodeSystem(message: Fields, ignored: string[]): TextPart[] {
  message.refuse('name', 'other wires do not tell apart who speaks in one role');
  const parts = onlyText(message, decodeContent(message, ignored));
  message.finish();
  return parts;
}

function onlyText(message: Fields, parts: readonly (TextPart | ImagePart | DocumentPart)[]): TextPart[] {
  return parts.map((part) => {
    if (part.kind === 'text') return part;
    throw message.invalid('content', 'only text is allowed in a message of this role');
  });
}

function decodeResult(message: Fields, toolNames: ReadonlyMap<string, string>, ignored: string[]): ToolResultPart {
  const callId = message.requiredText('tool_call_id');
  const name = message.text('name') ?? toolNames.get(callId);
  const parts = decodeContent(message, ignored);
  message.finish();
  return { kind: 'tool-result', callId, ...(name === undefined ? {} : { name }), parts };
}

function decodeAssistant(message: Fields, toolNames: Map<string, string>, ignored: string[]): Part[] {
  message.refuse('audio', soundsElsewhere);
  message.refuse('function_call', noFunctions);
  message.refuse('executed_tools', 'they ran at the provider, which alone knows them');
  // Clients send back the message of an answer as they got it, what their SDK parsed out of it included.
  for (const name of ['annotations', 'parsed']) message.ignore(name, ignored);
  const carried = carriedState(message.entries(STATE_MEMBER));
  return [...decodeThoughts(message, carried), ...decodeWords(message), ...decodeCalls(message, carried, toolNames)];
}

/** Thoughts that came with state stand in the state's own entries, whole; the plain text beside them is the same thoughts. */
function decodeThoughts(message: Fields, carried: CarriedState): ReasoningPart[] {
  const content = message.text('reasoning_content');
  const text = message.text('reasoning') ?? content;
  if (carried.thoughts.length > 0) return [...carried.thoughts];
  return text === undefined || text === '' ? [] : [{ kind: 'reasoning', text }];
}

function decodeWords(message: Fields): Part[] {
  const refusal = message.text('refusal');
  const declined: Part[] = refusal === undefined || refusal === '' ? [] : [{ kind: 'refusal', text: refusal }];
  const content = message.take('content');
  if (content === undefined) return declined;
  if (typeof content === 'string') return [...textParts(content), ...declined];
  if (!Array.isArray(content)) throw message.invalid('content', 'it must be a string or an array of parts');
  const path = message.at('content');
  return [...content.flatMap((part, index) => decodeWord(new Fields(part, `${path}[${index}]`))), ...declined];
}

function decodeWord(part: Fields): Part[] {
  const type = part.oneOf('type', ['text', 'refusal']);
  if (type === undefined) throw part.invalid('type', 'it must be one of text, refusal');
  const text = part.requiredText(type);
  part.take('prompt_cache_breakpoint');
  part.finish();
  if (text === '') return [];
  return [{ kind: type, text }];
}

function decodeCalls(message: Fields, carried: CarriedState, toolNames: Map<string, string>): ToolCallPart[] {
  return message.entries('tool_calls').map((call) => {
    // Clients that put a stream together themselves leave its index in.
    call.take('index');
    if ((call.text('type') ?? 'function') !== 'function') {
      throw call.untranslatable('type', 'tools with an input that is not JSON are a feature of their own provider');
    }
    const id = call.requiredText('id');
    const called = call.requiredObject('function');
    const name = called.requiredText('name');
    const input = parseInput(called);
    called.take('parsed_arguments');
    called.finish();
    call.finish();
    toolNames.set(id, name);
    const state = carried.calls.get(id);
    return { kind: 'tool-call', id, name, input, ...(state === undefined ? {} : { state }) };
  });
}

/** Models without anything to say to a tool leave its arguments empty. */
export function parseInput(called: Fields): JsonObject {
  const text = called.text('arguments') ?? '';
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = parseNested(text);
  } catch {
    throw called.invalid('arguments', `it is not valid JSON, ${nestedLimit}; a JSON object, as text, is required`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw called.invalid('arguments', 'it must be a JSON object, as text');
}
