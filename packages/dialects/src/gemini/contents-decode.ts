import type { Message, Part, TextPart } from '../canonical/request.ts';
import { CallBook } from './call-book.ts';
import { decodePart, type PartContext } from './part-decode.ts';
import type { ProtoFields } from './proto-fields.ts';

const ROLES: Readonly<Record<string, PartContext['role']>> = { user: 'user', function: 'user', model: 'assistant' };

export function decodeContents(body: ProtoFields, ignored: string[]): Message[] {
  const contents = body.entries('contents');
  if (contents.length === 0) throw body.invalid('contents', 'it is empty; a conversation needs at least one content');
  const calls = new CallBook();
  const messages: Message[] = [];
  for (const content of contents) {
    const role = roleOf(content);
    const context = { role, calls, ignored };
    const parts = joined(content.entries('parts').flatMap((part) => decodePart(part, context)));
    content.finish();
    const last = messages.at(-1);
    if (parts.length === 0) continue;
    if (role === 'assistant' && last?.role === 'assistant') {
      messages[messages.length - 1] = { role, parts: continued(last.parts, parts) };
    } else messages.push({ role, parts });
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
function continued(before: readonly Part[], after: readonly Part[]): Part[] {
  const last = before.at(-1);
  const [first, ...rest] = after;
  if (last?.kind === 'text' && first?.kind === 'text') {
    return [...before.slice(0, -1), { ...last, text: last.text + first.text }, ...rest];
  }
  return joined([...before, ...after]);
}

/** Thoughts belong together up to a signature. */
function joined(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part.kind === 'reasoning' && last?.kind === 'reasoning' && last.state === undefined) {
      result[result.length - 1] = { ...part, text: last.text + part.text };
    } else result.push(part);
  }
  return result;
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
