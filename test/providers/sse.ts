/** `data` as JSON, one line; an event name only where the wire has one. */
export function sse(data: unknown, event?: string): Buffer {
  return Buffer.from(
    `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
  );
}
