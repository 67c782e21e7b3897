import { connect, type Socket } from 'node:net';

// One buffer for every connection: a read is handed on before the next one starts, so nothing is allocated per read.
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

export interface ConnectionEvents {
  readonly onOpen?: () => void;
  /** `data` is valid only during the call. */
  readonly onData: (data: Buffer) => void;
  readonly onClose: (error: Error | undefined) => void;
}

export function openConnection(port: number, { onOpen, onData, onClose }: ConnectionEvents): Socket {
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (bytes) => {
        onData(readBuffer.subarray(0, bytes));
        return true;
      },
    },
  });
  let failure: Error | undefined;
  if (onOpen !== undefined) socket.once('connect', onOpen);
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => {
    onClose(failure);
  });
  return socket;
}
