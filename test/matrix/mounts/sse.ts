export interface SseEvent {
  /** The event's name, where there is one. */
  readonly event: string | undefined;
  readonly data: string;
}

/** The events of a whole stream. Throws at a last event that its end mark is missing of, and at lines that are none of SSE's. */
export function sseEvents(bytes: Buffer): SseEvent[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  if (text !== '' && !text.endsWith('\n\n')) throw new Error(`the stream ends within an event: ${text.slice(-200)}`);
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .flatMap((block) => eventIn(block));
}

/** Comments are no events. */
function eventIn(block: string): SseEvent[] {
  let event: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith(':')) continue;
    const colon = line.indexOf(': ');
    const [field, value] = [line.slice(0, colon), line.slice(colon + 2)];
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else throw new Error(`a line that is no field of an event: ${line.slice(0, 200)}`);
  }
  return data.length === 0 && event === undefined ? [] : [{ event, data: data.join('\n') }];
}
