import type { IncomingMessage } from 'node:http';
import { isObject } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { badRequest, RequestProblem } from './problem.ts';

export const bodyBytesMax: number = 32 * 1024 * 1024;

/** The body as a JSON object. Rejects with a problem to be answered, or with the socket's error where the client left. */
export async function readJsonBody(request: IncomingMessage): Promise<JsonObject> {
  const bytes = await readBytes(request);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw badRequest(`JSON decode error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw badRequest('The body must be a JSON object.');
  return value;
}

/**
 * By events, because leaving a `for await` early destroys the socket, and a body that is too large still gets its
 * answer: the rest of it is read and thrown away, until the server's own request timeout.
 */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(new RequestProblem(413, 'BadRequestError', `The body is larger than ${bodyBytesMax} bytes.`));
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client left')));
  });
}
