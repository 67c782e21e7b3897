import { createServer, type Server, type Socket } from 'node:net';

/** How every HTTP/2 connection without TLS begins. No HTTP/1.1 request does. */
const PREFACE_START = Buffer.from('PRI');

const NOTHING = Buffer.alloc(0);

export interface Doorway {
  readonly server: Server;
  /** Closes the connections that have said nothing yet. */
  closeWaiting(): void;
}

export interface Doors {
  http1(socket: Socket): void;
  http2(socket: Socket): void;
}

/**
 * One port for both versions of HTTP: AWS's SDK speaks HTTP/2 at once, without TLS and without asking. A connection is told apart by its
 * first bytes and then belongs to its server; of HTTP/1.1's requests none after the first costs anything for that.
 */
export function openDoorway(doors: Doors, waitMsMax: number): Doorway {
  const waiting = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    waiting.add(socket);
    // Who says nothing is not let sit there: no server watches over the connection yet.
    const timer = setTimeout(() => socket.destroy(), waitMsMax);
    const leave = (): void => {
      clearTimeout(timer);
      waiting.delete(socket);
    };
    socket.once('close', leave);
    // Until a server has it, a broken connection is nobody's error.
    socket.on('error', ignore);
    let start: Buffer = NOTHING;
    const look = (): void => {
      const piece = socket.read() as Buffer | null;
      if (piece !== null) start = start.length === 0 ? piece : Buffer.concat([start, piece]);
      const shown = Math.min(start.length, PREFACE_START.length);
      const isPreface = start.compare(PREFACE_START, 0, shown, 0, shown) === 0;
      if (isPreface && shown < PREFACE_START.length) {
        // What is there is not put back before there is more: a socket that has bytes is readable at once, again and again.
        socket.once('readable', look);
        return;
      }
      socket.unshift(start);
      leave();
      socket.off('close', leave);
      socket.off('error', ignore);
      if (isPreface) doors.http2(socket);
      else doors.http1(socket);
    };
    socket.once('readable', look);
  });
  return {
    server,
    closeWaiting() {
      for (const socket of waiting) socket.destroy();
    },
  };
}

function ignore(): void {
  // The connection closes by itself.
}
