import type { Message, Part, TextPart } from '../canonical/request.ts';
import { CallBook } from './call-book.ts';
import { decodePart, type PartContext } from './part-decode.ts';
import type { ProtoFields } from './proto-fields.ts';

const ROLES: Readonly<Record<string, PartContext['role']>> = { user: 'user', function: 'user', model: 'assistant' };

export function decodeContents(body: ProtoFields, ignored: string[]): Message[] {
  const contents = body.entries('contents');
  if (contents.length === 0) throw body.invalid('contents', 'it is empty; a conversation needs at least one content');
  const calls = new CallBook();
  const messages: { readonly role: Message['role']; readonly parts: Part[] }[] = [];
  for (const content of contents) {
    const role = roleOf(content);
    const context = { role, calls, ignored };
    const parts = content.entries('parts').flatMap((part) => decodePart(part, context));
    content.finish();
    const last = messages.at(-1);
    if (parts.length === 0) continue;
    if (role === 'assistant' && last?.role === 'assistant') goOn(last.parts, parts);
    else messages.push({ role, parts: append([], parts) });
  }
  if (messages.length === 0) throw body.invalid('contents', 'none of them says anything');
  return messages;
}

function roleOf(content: ProtoFields): PartContext['role'] {
  const sent = content.text('role');
  if (sent === undefined || sent === '') return 'user';
  const role = Object.hasOwn(ROLES, sent) ? ROLES[sent] : undefined;
  if (role !== undefined) return role;
  const hint = sent === 'system' ? '; what comes before the conversation goes into systemInstruction' : '';
  throw content.invalid('role', `it must be one of ${Object.keys(ROLES).join(', ')}${hint}`);
}

/**
 * The SDK's chats keep a streamed answer as a content per chunk. Read one by one, its sentences would be in pieces, and thoughts apart
 * from the signature that vouches for all of them.
 */
function goOn(parts: Part[], more: readonly Part[]): void {
  const last = parts.at(-1);
  const [first, ...rest] = more;
  if (last?.kind === 'text' && first?.kind === 'text') {
    parts[parts.length - 1] = { ...last, text: last.text + first.text };
    append(parts, rest);
  } else append(parts, more);
}

/** Thoughts belong together up to a signature. */
function append(parts: Part[], more: readonly Part[]): Part[] {
  for (const part of more) {
    const last = parts.at(-1);
    if (part.kind === 'reasoning' && last?.kind === 'reasoning' && last.state === undefined) {
      parts[parts.length - 1] = { ...part, text: last.text + part.text };
    } else parts.push(part);
  }
  return parts;
}

export function decodeSystem(body: ProtoFields): TextPart[] {
  const instruction = body.object('systemInstruction');
  if (instruction === undefined) return [];
  instruction.take('role');
  const texts = instruction.entries('parts').map((part) => {
    const text = part.requiredText('text');
    part.finish();
    return text;
  });
  instruction.finish();
  return texts.filter((text) => text !== '').map((text) => ({ kind: 'text', text }));
}
