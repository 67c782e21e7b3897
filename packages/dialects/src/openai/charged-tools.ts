import type { Extra } from '../dialect.ts';
import { hasFilled } from '../extras.ts';

/** Where Groq tells which of its own tools ran: searches, visits, code. */
export const EXECUTED_TOOLS: Buffer = Buffer.from('"executed_tools"');

/** What the bytes of a chat answer, or of an event of one, tell of tools that are charged for beside the tokens. */
export function chatExtrasOf(json: Buffer): readonly Extra[] {
  return hasFilled(json, EXECUTED_TOOLS) ? ['tools'] : [];
}
