import { splice, type Edits } from '../json/edit.ts';
import { compileNames, type Names } from '../json/names.ts';
import { lastElement, rawText, readNumber, readString } from '../json/read.ts';
import { scanObject, type Member, type Members } from '../json/scan.ts';

/**
 * How a chat request says "go on with this assistant message" to an engine.
 * - `vllm`: `continue_final_message` without a new generation prompt; the two exclude each other there.
 * - `sglang`: `continue_final_message` alone.
 * - `llama.cpp`: a trailing assistant message is continued as it is, and there may be only one.
 * - `none`: it cannot be said.
 */
export type ContinueStyle = 'vllm' | 'sglang' | 'llama.cpp' | 'none';

/** What earlier runs of the request generated. */
export interface Emitted {
  readonly text: string;
  readonly tokens: number;
}

const RESUME = [
  'messages',
  'prompt',
  'max_tokens',
  'max_completion_tokens',
  'continue_final_message',
  'add_generation_prompt',
] as const;
type ResumeName = (typeof RESUME)[number];
const RESUME_NAMES: Names<ResumeName> = compileNames(RESUME);
const MESSAGE_NAMES: Names<'role' | 'content'> = compileNames(['role', 'content']);

/**
 * The request that goes on where an earlier run of it stopped, as pieces around views of the body. Only for requests that
 * `readRequest` found to be `continue`; null where the engine's style or the request forbids it after all.
 */
export function continueRequest(
  operation: 'chat' | 'completions',
  body: Buffer,
  emitted: Emitted,
  style: ContinueStyle,
): Buffer[] | null {
  if (emitted.text === '') return [body];
  if (style === 'none') return null;
  const scan = scanObject(body, RESUME_NAMES);
  if (!scan.ok) return null;
  const { members } = scan;
  const bounds = remainingBounds(body, members, emitted.tokens);
  if (operation === 'completions') {
    const { prompt } = members;
    if (prompt?.kind !== 'string') return null;
    return splice(body, scan, { ...bounds, prompt: extended(body, prompt, emitted.text) });
  }
  const messages = continuedMessages(body, members, emitted.text, style);
  return messages === null ? null : splice(body, scan, { ...bounds, ...flagsOf(style), messages });
}

function flagsOf(style: ContinueStyle): Edits<ResumeName> {
  if (style === 'vllm') return { continue_final_message: 'true', add_generation_prompt: 'false' };
  return style === 'sglang' ? { continue_final_message: 'true' } : {};
}

/** At least one token is left: an answer that had reached its bound would have been finished, not stopped. */
function remainingBounds(body: Buffer, members: Members<ResumeName>, emittedTokens: number): Edits<ResumeName> {
  const edits: { [name in ResumeName]?: string } = {};
  for (const name of ['max_tokens', 'max_completion_tokens'] as const) {
    const member = members[name];
    if (member?.kind === 'number') edits[name] = String(Math.max(1, readNumber(body, member) - emittedTokens));
  }
  return edits;
}

function continuedMessages(
  body: Buffer,
  members: Members<ResumeName>,
  text: string,
  style: ContinueStyle,
): Buffer[] | null {
  const { messages, continue_final_message: flag } = members;
  if (messages?.kind !== 'array') return null;
  const extendsTurn = style === 'llama.cpp' || (flag !== undefined && rawText(body, flag) === 'true');
  const content = extendsTurn ? trailingAssistantContent(body, messages) : undefined;
  if (content === null) return null;
  if (content !== undefined) {
    const grown = extended(body, content, text);
    return [body.subarray(messages.start, content.start), ...grown, body.subarray(content.end, messages.end)];
  }
  const message = `,{"role":"assistant","content":${JSON.stringify(text)}}]`;
  return [body.subarray(messages.start, messages.end - 1), Buffer.from(message)];
}

/** Undefined: the last message is not the assistant's. Null: it is, in a form that cannot be extended. */
function trailingAssistantContent(body: Buffer, messages: Member): { start: number; end: number } | undefined | null {
  const last = lastElement(body, messages);
  if (last === undefined) return null;
  const message = body.subarray(last.start, last.end);
  const scan = scanObject(message, MESSAGE_NAMES);
  if (!scan.ok) return null;
  const { role, content } = scan.members;
  if (role?.kind !== 'string' || readString(message, role) !== 'assistant') return undefined;
  if (content?.kind !== 'string') return null;
  return { start: last.start + content.start, end: last.start + content.end };
}

/** A JSON string with text added at its end; what is there keeps its own escapes. */
function extended(body: Buffer, string: { readonly start: number; readonly end: number }, text: string): Buffer[] {
  return [body.subarray(string.start, string.end - 1), Buffer.from(JSON.stringify(text).slice(1))];
}
