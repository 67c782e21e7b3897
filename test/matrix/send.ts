import type { Reply, WireRequest } from './mounts/mount.ts';

/** Answers come within milliseconds; how many of those a busy machine makes of them is not known. */
const ANSWER_MS_MAX = 60_000;

/** A request as its mount has it, with Offpeak's own headers beside those of the wire. */
export function send(
  url: string,
  { path, headers, body }: WireRequest,
  own: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return sendBytes(url, path, { ...headers, ...own }, JSON.stringify(body));
}

/** Sends these bytes and takes in the answer's, whole. */
export async function sendBytes(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Reply> {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}
