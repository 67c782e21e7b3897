import { Unsupported, type Feature } from '../canonical/feature.ts';
import type { Message, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { cacheMember } from './cache-control.ts';
import { encodeDocument, encodeImage, encodeText } from './content-encode.ts';

/** What Anthropic takes as the id of a call. */
const ID = /^[a-zA-Z0-9_-]+$/;

interface Turn {
  readonly role: Message['role'];
  readonly blocks: JsonObject[];
}

/** Messages of one role in a row are one turn here, and results of tools stand first in theirs. */
export function encodeMessages(messages: readonly Message[], ignored: Set<Feature>): JsonObject[] {
  const turns: Turn[] = [];
  for (const { role, parts } of messages) {
    const blocks = parts.flatMap((part) => encodePart(role, part, ignored));
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else if (blocks.length > 0) turns.push({ role, blocks });
  }
  return turns.map(({ role, blocks }, at) => ({ role, content: contentOf(blocks, turns[at - 1]) }));
}

function contentOf(blocks: readonly JsonObject[], before: Turn | undefined): string | JsonObject[] {
  const [first] = blocks;
  if (blocks.length === 1 && first!['type'] === 'text' && first!['cache_control'] === undefined) {
    return first!['text'] as string;
  }
  const results = blocks.filter(isResult);
  if (results.length === 0) return [...blocks];
  const called = new Set(before?.blocks.map((block) => block['id']));
  if (!results.every((result) => called.has(result['tool_use_id']))) {
    throw new Unsupported('message-order', 'that takes the results of tools right after the message that called them');
  }
  return [...results, ...blocks.filter((block) => !isResult(block))];
}

function isResult(block: JsonObject): boolean {
  return block['type'] === 'tool_result';
}

function encodePart(role: Message['role'], part: Part, ignored: Set<Feature>): JsonObject[] {
  switch (part.kind) {
    case 'text':
      return encodeText(part);
    // Declining is one more thing that the assistant said.
    case 'refusal':
      return encodeText({ kind: 'text', text: part.text });
    case 'image':
      if (role !== 'user') throw new Unsupported('image', 'that takes images in messages of the user only');
      return [encodeImage(part, ignored)];
    case 'document':
      if (role !== 'user') throw new Unsupported('document', 'that takes documents in messages of the user only');
      return [encodeDocument(part)];
    case 'tool-call':
      return [encodeCall(part)];
    case 'tool-result':
      return [encodeResult(part, ignored)];
    case 'reasoning':
      return encodeThoughts(part);
  }
}

/** Thoughts without Anthropic's own signature are refused there. */
function encodeThoughts({ text, state }: ReasoningPart): JsonObject[] {
  if (state?.from !== 'anthropic') return [];
  if (state.form === 'redacted') return [{ type: 'redacted_thinking', data: state.data }];
  return [{ type: 'thinking', thinking: text, signature: state.data }];
}

function encodeCall(part: ToolCallPart): JsonObject {
  return { type: 'tool_use', id: callId(part.id), name: part.name, input: part.input, ...cacheMember(part) };
}

/** Other providers' ids may have other characters; each becomes its code, so that different ids stay different. */
function callId(id: string): string {
  if (ID.test(id)) return id;
  return id === '' ? '_' : id.replace(/[^a-zA-Z0-9-]/g, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
}

function encodeResult(part: ToolResultPart, ignored: Set<Feature>): JsonObject {
  const blocks = part.parts.flatMap((inner) => {
    if (inner.kind === 'text') return encodeText(inner);
    return [inner.kind === 'image' ? encodeImage(inner, ignored) : encodeDocument(inner)];
  });
  return {
    type: 'tool_result',
    tool_use_id: callId(part.callId),
    ...(blocks.length === 0 ? {} : { content: blocks }),
    ...(part.isError === true ? { is_error: true } : {}),
    ...cacheMember(part),
  };
}
