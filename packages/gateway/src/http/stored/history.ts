import type { JsonObject, Problem } from '@offpeak/dialects';
import type { Receipt } from '../receipt.ts';
import type { Services } from '../services.ts';

/** What a request that continues a stored answer comes to. */
export interface Continued {
  /** The body with all that led up to it, and without the reference that nobody else could follow. */
  readonly body: Buffer;
  /** Where only this upstream can follow the reference: then the body is as it came. */
  readonly upstream?: string;
}

/** What the scanner steps over can still be wrong. */
export const NO_JSON: Problem = { kind: 'malformed-json', detail: 'a string in it has an invalid escape' };

/** Finds the answer that the request continues and puts the conversation so far before its input, as the wire's own server would. */
export async function withHistory(
  services: Services,
  receipt: Receipt,
  previous: string,
  body: Buffer,
): Promise<Continued | Problem> {
  const stored = await services.store.getResponse(previous, receipt.identity.project, Date.now());
  if (stored === undefined) return { kind: 'unknown-response', id: previous, continued: true };
  if ('upstream' in stored.kept) return { body, upstream: stored.kept.upstream };
  const earlier = JSON.parse(stored.kept.input) as unknown[];
  const { output } = JSON.parse(stored.kept.answer) as { output?: unknown };
  const request = parsed(body);
  if (request === null) return NO_JSON;
  const { previous_response_id: _reference, ...rest } = request;
  const input = [...earlier, ...(Array.isArray(output) ? (output as unknown[]) : []), ...itemsOf(rest['input'])];
  const whole = Buffer.from(JSON.stringify({ ...rest, input }));
  const limitBytes = services.config.server.bodyBytesMax;
  return whole.length > limitBytes ? { kind: 'body-too-large', limitBytes } : { body: whole };
}

/** The body of a request whose answer is to be kept by nobody. */
export function withoutStore(body: Buffer): Buffer | Problem {
  const request = parsed(body);
  return request === null ? NO_JSON : Buffer.from(JSON.stringify({ ...request, store: false }));
}

/** A request's input as a list; a text stands for one message of the user. */
export function itemsOf(input: unknown): unknown[] {
  if (Array.isArray(input)) return input as unknown[];
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: textParts(input) }] : [];
}

/** A text is content of one part, which is how the wire's own server lists it. */
export function textParts(text: string): unknown[] {
  return [{ type: 'input_text', text }];
}

export function parsed(body: Buffer): JsonObject | null {
  try {
    return JSON.parse(body.toString('utf8')) as JsonObject;
  } catch {
    return null;
  }
}
