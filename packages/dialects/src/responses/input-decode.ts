import { textParts } from '../openai/codec/content-decode.ts';
import { Fields } from '../openai/codec/fields.ts';
import { parseInput } from '../openai/codec/messages-decode.ts';
import type { Message, OpaqueState, Part, TextPart, ToolCallPart, ToolResultPart } from '../canonical/request.ts';
import { decodeInputParts, decodeSaid } from './content-decode.ts';
import { stateOf } from './reasoning-state.ts';

/** Between the parts of a summary, which other wires tell as one text. */
export const summaryBreak = '\n\n';

const atItsProvider = 'it ran at its own provider, which alone knows it';

/** Items beyond messages, functions and thoughts. All are of tools that run at OpenAI, or lie there. */
const OWN_ITEMS: ReadonlySet<string> = new Set([
  'file_search_call',
  'computer_call',
  'computer_call_output',
  'web_search_call',
  'tool_search_call',
  'tool_search_output',
  'additional_tools',
  'configuration_update',
  'compaction',
  'compaction_trigger',
  'image_generation_call',
  'code_interpreter_call',
  'local_shell_call',
  'local_shell_call_output',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'mcp_list_tools',
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_call',
  'custom_tool_call',
  'custom_tool_call_output',
  'program',
  'program_output',
]);

interface Conversation {
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
}

/** Puts items together into messages: what the assistant said, thought and called in a row is one, and so are results in a row. */
export class InputDecoder {
  readonly #ignored: string[];
  readonly #system: TextPart[];
  readonly #messages: { readonly role: Message['role']; readonly parts: Part[] }[] = [];
  readonly #toolNames = new Map<string, string>();
  /** The message that the next item of its kind goes on with. */
  #open: 'assistant' | 'results' | null = null;
  /** What the next call's provider wants to see with it. */
  #callState: OpaqueState | undefined;

  constructor(instructions: string, ignored: string[]) {
    this.#system = textParts(instructions);
    this.#ignored = ignored;
  }

  decode(body: Fields): Conversation {
    const input = body.take('input');
    if (typeof input === 'string') this.#messages.push({ role: 'user', parts: textParts(input) });
    else if (Array.isArray(input)) input.forEach((item, index) => this.#item(new Fields(item, `input[${index}]`)));
    else throw body.invalid('input', 'it must be a string or an array of items');
    return { system: this.#system, messages: this.#messages };
  }

  #item(item: Fields): void {
    const type = item.text('type') ?? 'message';
    // An item of an answer says how far it was come.
    item.take('status');
    const id = item.text('id');
    switch (type) {
      case 'message':
        this.#message(item);
        break;
      case 'reasoning':
        this.#reasoning(item, id);
        break;
      case 'function_call':
        this.#assistant([this.#call(item)]);
        break;
      case 'function_call_output':
        this.#result(item);
        break;
      case 'item_reference':
        throw item.untranslatable('type', 'what it refers to lies with the provider that answered it');
      default:
        if (OWN_ITEMS.has(type)) throw item.untranslatable('type', atItsProvider);
        throw item.invalid('type', 'it must be one of message, function_call, function_call_output, reasoning');
    }
    item.finish();
  }

  #message(item: Fields): void {
    const role = item.oneOf('role', ['user', 'assistant', 'system', 'developer']);
    if (role === undefined) throw item.invalid('role', 'it must be one of user, assistant, system, developer');
    item.ignore('phase', this.#ignored);
    if (role === 'assistant') return this.#assistant(decodeSaid(item));
    const parts = decodeInputParts(item, 'content', this.#ignored);
    this.#open = null;
    if (role === 'user') {
      this.#messages.push({ role, parts });
      return;
    }
    const texts = parts.filter((part) => part.kind === 'text');
    if (texts.length < parts.length) throw item.invalid('content', 'only text is allowed in a message of this role');
    if (this.#messages.length === 0) this.#system.push(...texts);
    else this.#messages.push({ role: 'system', parts: texts });
  }

  #assistant(parts: readonly Part[]): void {
    if (this.#open === 'assistant') this.#messages.at(-1)!.parts.push(...parts);
    else this.#messages.push({ role: 'assistant', parts: [...parts] });
    this.#open = 'assistant';
  }

  #reasoning(item: Fields, id: string | undefined): void {
    const summary = textsOf(item.entries('summary'));
    const content = textsOf(item.entries('content'));
    const text = (summary.length > 0 ? summary : content).join(summaryBreak);
    const encrypted = item.text('encrypted_content') ?? '';
    const { state, ofCall } = encrypted === '' ? { ofCall: false } : stateOf(encrypted, id);
    if (ofCall) this.#callState = state;
    else if (state !== undefined) this.#assistant([{ kind: 'reasoning', text, state }]);
    else if (text !== '') this.#assistant([{ kind: 'reasoning', text }]);
  }

  #call(item: Fields): ToolCallPart {
    const id = item.requiredText('call_id');
    const name = item.requiredText('name');
    const input = parseInput(item);
    item.take('parsed_arguments');
    item.refuse('namespace', 'other wires have one space of names for tools');
    item.refuse('async', 'other wires wait for the results of tools');
    refuseCaller(item);
    this.#toolNames.set(id, name);
    const state = this.#callState;
    this.#callState = undefined;
    return { kind: 'tool-call', id, name, input, ...(state === undefined ? {} : { state }) };
  }

  #result(item: Fields): void {
    const callId = item.requiredText('call_id');
    const name = item.text('name') ?? this.#toolNames.get(callId);
    const parts = decodeInputParts(item, 'output', this.#ignored);
    item.refuse('namespace', 'other wires have one space of names for tools');
    refuseCaller(item);
    const result: ToolResultPart = { kind: 'tool-result', callId, ...(name === undefined ? {} : { name }), parts };
    if (this.#open === 'results') this.#messages.at(-1)!.parts.push(result);
    else this.#messages.push({ role: 'user', parts: [result] });
    this.#open = 'results';
  }
}

function textsOf(entries: readonly Fields[]): string[] {
  return entries.map((entry) => {
    entry.take('type');
    const text = entry.requiredText('text');
    entry.finish();
    return text;
  });
}

function refuseCaller(item: Fields): void {
  const caller = item.object('caller');
  if (caller === undefined || caller.take('type') === 'direct') return;
  throw item.untranslatable('caller', 'the program that calls runs at its own provider');
}
