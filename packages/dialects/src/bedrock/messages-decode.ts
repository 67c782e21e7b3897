import { Undecodable } from '../canonical/feature.ts';
import type {
  Message,
  OpaqueState,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../canonical/request.ts';
import type { Fields } from '../openai/codec/fields.ts';
import { markLast, readCachePoint } from './cache-point.ts';
import { carriedBy } from './carried-state.ts';
import { decodeMedia } from './content-decode.ts';

const ROLES = ['user', 'assistant', 'system'] as const;
const KINDS = 'text, image, document, toolUse, toolResult, reasoningContent, cachePoint';

/** Blocks that have a meaning to Bedrock alone. */
const OWN: Readonly<Record<string, string>> = {
  audio: 'no other wire takes sound in this form',
  guardContent: 'guardrails are a feature of Bedrock',
  citationsContent: 'citations are told in a form that only Bedrock has',
  toolAddition: 'tools that come during a conversation are a feature of Bedrock',
  toolRemoval: 'tools that go during a conversation are a feature of Bedrock',
};

export function decodeSystem(body: Fields, ignored: string[]): TextPart[] {
  const parts: TextPart[] = [];
  for (const block of body.entries('system')) {
    const lifetime = readCachePoint(block);
    if (lifetime !== undefined) markLast(parts, lifetime, block, ignored);
    block.refuse('guardContent', OWN['guardContent']!);
    const text = block.text('text');
    block.finish();
    if (text !== undefined && text !== '') parts.push({ kind: 'text', text });
  }
  return parts;
}

export function decodeMessages(body: Fields, ignored: string[]): Message[] {
  const toolNames = new Map<string, string>();
  return body.entries('messages').map((message) => {
    const role = message.oneOf('role', ROLES);
    if (role === undefined) throw message.invalid('role', `it is missing; it must be one of ${ROLES.join(', ')}`);
    const parts = new Content(toolNames, ignored).decode(message);
    message.finish();
    const stranger = parts.find((part) => !belongs(part, role));
    if (stranger !== undefined)
      throw message.invalid('content', `a ${stranger.kind} has no place in a message of the ${role}`);
    return { role, parts };
  });
}

function belongs(part: Part, role: Message['role']): boolean {
  switch (part.kind) {
    case 'text':
      return true;
    case 'tool-call':
    case 'reasoning':
    case 'refusal':
      return role === 'assistant';
    case 'image':
    case 'document':
    case 'tool-result':
      return role === 'user';
  }
}

/** The blocks of one message. */
class Content {
  readonly #toolNames: Map<string, string>;
  readonly #ignored: string[];
  readonly #parts: Part[] = [];
  readonly #callStates = new Map<string, OpaqueState>();

  /** `toolNames`: of all calls of the conversation so far, by their ids. */
  constructor(toolNames: Map<string, string>, ignored: string[]) {
    this.#toolNames = toolNames;
    this.#ignored = ignored;
  }

  decode(message: Fields): Part[] {
    for (const block of message.entries('content')) {
      const lifetime = readCachePoint(block);
      if (lifetime !== undefined) markLast(this.#parts, lifetime, block, this.#ignored);
      else this.#block(block);
      block.finish();
    }
    return this.#parts;
  }

  #block(block: Fields): void {
    for (const [name, why] of Object.entries(OWN)) block.refuse(name, why);
    const call = block.object('toolUse');
    const result = block.object('toolResult');
    const thought = block.object('reasoningContent');
    if (call !== undefined) this.#parts.push(this.#call(call));
    else if (result !== undefined) this.#parts.push(this.#result(result));
    else if (thought !== undefined) this.#thought(thought);
    else {
      const part = decodeMedia(block);
      if (part === null) {
        block.finish();
        throw new Undecodable('invalid', block.path, `it must have one of ${KINDS}`);
      }
      if (part.kind !== 'text' || part.text !== '') this.#parts.push(part);
    }
  }

  #call(call: Fields): ToolCallPart {
    call.refuse('type', 'tools that run at the provider are known to it alone');
    const id = call.requiredText('toolUseId');
    const name = call.requiredText('name');
    const input = call.json('input') ?? {};
    call.finish();
    this.#toolNames.set(id, name);
    const state = this.#callStates.get(id);
    return { kind: 'tool-call', id, name, input, ...(state === undefined ? {} : { state }) };
  }

  #result(result: Fields): ToolResultPart {
    result.refuse('type', 'tools that run at the provider are known to it alone');
    const callId = result.requiredText('toolUseId');
    const name = this.#toolNames.get(callId);
    const status = result.oneOf('status', ['success', 'error']);
    const parts = result.entries('content').map(decodeResultBlock);
    result.finish();
    return {
      kind: 'tool-result',
      callId,
      ...(name === undefined ? {} : { name }),
      parts,
      ...(status === undefined ? {} : { isError: status === 'error' }),
    };
  }

  #thought(thought: Fields): void {
    const redacted = thought.text('redactedContent');
    const said = thought.object('reasoningText');
    thought.finish();
    if (redacted !== undefined) {
      this.#parts.push({ kind: 'reasoning', text: '', state: { from: 'bedrock', form: 'redacted', data: redacted } });
    }
    if (said !== undefined) {
      const text = said.text('text') ?? '';
      const signature = said.text('signature');
      said.finish();
      this.#signed(text, signature);
    }
  }

  #signed(text: string, signature: string | undefined): void {
    const carried = signature === undefined ? null : carriedBy(signature);
    if (carried?.call !== undefined) {
      this.#callStates.set(carried.call, carried.state);
      return;
    }
    const own: OpaqueState | undefined =
      signature === undefined ? undefined : { from: 'bedrock', form: 'signature', data: signature };
    const state = carried?.state ?? own;
    const part: ReasoningPart = { kind: 'reasoning', text, ...(state === undefined ? {} : { state }) };
    this.#parts.push(part);
  }
}

function decodeResultBlock(block: Fields): ToolResultPart['parts'][number] {
  const part = decodeMedia(block) ?? decodeJson(block);
  block.finish();
  return part;
}

/** Other wires take text, which JSON is. */
function decodeJson(block: Fields): TextPart {
  const value = block.take('json');
  block.finish();
  if (value === undefined)
    throw new Undecodable('invalid', block.path, 'it must have one of text, json, image, document');
  return { kind: 'text', text: JSON.stringify(value) };
}
