import type { StreamForm } from '../dialect.ts';

/** Server-sent events; a comment is a sign of life that every reader skips. */
export const SSE: StreamForm = {
  contentType: 'text/event-stream; charset=utf-8',
  heartbeat: Buffer.from(': keep-alive\n\n'),
};
