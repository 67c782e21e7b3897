import type { IncomingMessage } from 'node:http';
import { isObject } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { badRequest, RequestProblem } from './problem.ts';

export const bodyBytesMax: number = 32 * 1024 * 1024;

/** The body as a JSON object. Rejects with a problem to be answered, or with the socket's error where the client left. */
export async function readJsonBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax)
      throw new RequestProblem(413, 'BadRequestError', `The body is larger than ${bodyBytesMax} bytes.`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw badRequest(`JSON decode error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw badRequest('The body must be a JSON object.');
  return value;
}
