import { parseExact } from '../json/exact.ts';
import type { Member } from '../json/scan.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { CARRIED_PREFIX } from './carried-state.ts';

/** How a carried state begins in a body. A text of the client's may begin so as well, and stays. */
const CARRIED = Buffer.from(`"${CARRIED_PREFIX}`);

/**
 * The conversation without what other providers signed in it, or null where they signed nothing: models take their signatures for forgeries.
 * Few bodies have any, and only those are parsed.
 */
export function ownMessages(body: Buffer, messages: Member | undefined): string | null {
  if (messages === undefined) return null;
  const found = body.indexOf(CARRIED, messages.start);
  if (found < 0 || found >= messages.end) return null;
  let parsed: unknown;
  try {
    parsed = parseExact(body.toString('utf8', messages.start, messages.end));
  } catch {
    // The scan does not look into strings; what is wrong in one is the upstream's to say.
    return null;
  }
  if (!Array.isArray(parsed) || !parsed.some(hasForeign)) return null;
  return JSON.stringify(joined(parsed.flatMap(ownMessage)));
}

function hasForeign(message: unknown): boolean {
  return isTurn(message) && message.content.some(isForeign);
}

/** A message of which nothing is left goes, too. */
function ownMessage(message: unknown): unknown[] {
  if (!isTurn(message) || !hasForeign(message)) return [message];
  const content = message.content.filter((block) => !isForeign(block));
  return content.length === 0 ? [] : [{ ...message, content }];
}

/** Roles have to take turns, also where the turn between two is gone. */
function joined(messages: readonly unknown[]): unknown[] {
  const turns: unknown[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (isTurn(last) && isTurn(message) && last['role'] === message['role']) {
      turns[turns.length - 1] = { ...last, content: [...last.content, ...message.content] };
    } else turns.push(message);
  }
  return turns;
}

function isTurn(message: unknown): message is JsonObject & { readonly content: readonly unknown[] } {
  return isObject(message) && Array.isArray(message['content']);
}

function isForeign(block: unknown): boolean {
  const thought = isObject(block) && isObject(block['reasoningContent']) ? block['reasoningContent'] : {};
  const said = isObject(thought['reasoningText']) ? thought['reasoningText'] : {};
  const { signature } = said;
  return typeof signature === 'string' && signature.startsWith(CARRIED_PREFIX);
}
