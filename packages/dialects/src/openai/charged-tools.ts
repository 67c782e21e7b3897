import type { Extra } from '../dialect.ts';
import { hasFilled } from '../extras.ts';

/** Where Groq tells which of its own tools ran, and where OpenAI names the pages that a search has found. */
const SIGNS: readonly Buffer[] = ['"executed_tools"', '"annotations"'].map((name) => Buffer.from(name));

/** What the bytes of a chat answer, or of an event of one, tell of tools that are charged for beside the tokens. */
export function chatExtrasOf(json: Buffer): readonly Extra[] {
  return SIGNS.some((name) => hasFilled(json, name)) ? ['tools'] : [];
}
