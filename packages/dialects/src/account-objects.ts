import { ANTHROPIC_OBJECTS } from './anthropic/account-objects.ts';
import { BEDROCK_OBJECTS } from './bedrock/account-objects.ts';
import type { DialectName } from './dialect.ts';
import { GEMINI_OBJECTS } from './gemini/account-objects.ts';
import { JsonFault } from './json/fault.ts';
import type { NamedObjects } from './json/named-objects.ts';
import { CHAT_OBJECTS } from './openai/account-objects.ts';
import type { Problem } from './problem.ts';
import { RESPONSES_OBJECTS } from './responses/account-objects.ts';

const OBJECTS: Readonly<Record<DialectName, NamedObjects>> = {
  openai: CHAT_OBJECTS,
  responses: RESPONSES_OBJECTS,
  groq: CHAT_OBJECTS,
  gemini: GEMINI_OBJECTS,
  anthropic: ANTHROPIC_OBJECTS,
  bedrock: BEDROCK_OBJECTS,
};

/**
 * Where a request of a wire names an object that lies in the account of the key it is sent with (a file, a cache, a conversation): whoever
 * knows the name and may use the key can use the object. Null where it names none. The body must have been read as a request.
 */
export function accountObjectIn(wire: DialectName, body: Buffer): string | Problem | null {
  try {
    return OBJECTS[wire].firstIn(body);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { kind: 'malformed-json', detail: error.message, offset: error.offset };
  }
}
