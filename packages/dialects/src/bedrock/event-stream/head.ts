import { HeaderMarshaller, type MessageHeaders } from '@smithy/eventstream-codec';
import { Garbled } from '../../canonical/feature.ts';

const MARSHALLER = new HeaderMarshaller(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

/** What a frame is, which its headers tell. */
export interface FrameKind {
  /** `event`: a piece of the answer. `exception`: a failure that the API's model knows. `error`: any other. */
  readonly message: 'event' | 'exception' | 'error';
  /** `contentBlockDelta`, `throttlingException`, or an error's code. */
  readonly name: string;
  /** An error's sentence; those of exceptions are in their payload. */
  readonly detail?: string;
}

/** The headers of an event whose payload is JSON. */
export function eventHead(name: string): Buffer {
  return headOf({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' });
}

export function exceptionHead(name: string): Buffer {
  return headOf({ ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' });
}

function headOf(headers: Record<string, string>): Buffer {
  const typed: MessageHeaders = {};
  for (const [name, value] of Object.entries(headers)) typed[name] = { type: 'string', value };
  return Buffer.from(MARSHALLER.format(typed));
}

/** Throws `Garbled`. */
export function readHead(head: Buffer): FrameKind {
  const text = stringsOf(head);
  const message = text(':message-type');
  switch (message) {
    case 'event':
      return { message, name: text(':event-type') ?? missing(':event-type') };
    case 'exception':
      return { message, name: text(':exception-type') ?? missing(':exception-type') };
    case 'error':
      return {
        message,
        name: text(':error-code') ?? 'unknown',
        detail: text(':error-message') ?? 'no reason was given',
      };
    default:
      throw new Garbled(`a frame's :message-type is ${message === undefined ? 'missing' : JSON.stringify(message)}`);
  }
}

function missing(header: string): never {
  throw new Garbled(`a frame has no ${header}`);
}

function stringsOf(head: Buffer): (name: string) => string | undefined {
  // A buffer of its own: a header that claims to be longer than its frame must not reach into what lies behind it.
  const own = Uint8Array.from(head);
  let headers: MessageHeaders;
  try {
    headers = MARSHALLER.parse(new DataView(own.buffer));
  } catch (error) {
    throw new Garbled(
      `a frame's headers cannot be read: ${error instanceof Error ? error.message : 'no reason is known'}`,
    );
  }
  return (name) => {
    const header = Object.hasOwn(headers, name) ? headers[name] : undefined;
    return header?.type === 'string' ? header.value : undefined;
  };
}
