import { CODECS, hasTooManyValues, translatedValuesMax, type JsonObject, type Problem } from '@offpeak/dialects';
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
const NO_JSON: Problem = { kind: 'malformed-json', detail: 'a string in it has an invalid escape' };

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
  const parsed = requestIn(body);
  if ('kind' in parsed) return parsed;
  const { previous_response_id: _reference, ...rest } = parsed.request;
  const input = [...earlier, ...(Array.isArray(output) ? (output as unknown[]) : []), ...itemsOf(rest['input'])];
  const whole = Buffer.from(JSON.stringify({ ...rest, input }));
  const limitBytes = services.config.server.bodyBytesMax;
  return whole.length > limitBytes ? { kind: 'body-too-large', limitBytes } : { body: whole };
}

/** The body of a request whose answer is to be kept by nobody. */
export function withoutStore(body: Buffer): Buffer | Problem {
  const parsed = requestIn(body);
  return 'kind' in parsed ? parsed : Buffer.from(JSON.stringify({ ...parsed.request, store: false }));
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

/** A body that is to be written anew, with its numbers as the client wrote them. */
export function requestIn(body: Buffer): { readonly request: JsonObject } | Problem {
  if (hasTooManyValues(body)) return { kind: 'body-too-large', limitValues: translatedValuesMax };
  try {
    return { request: CODECS.responses.parse(body.toString('utf8')) as JsonObject };
  } catch {
    return NO_JSON;
  }
}
