import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openDoorway, type Doorway } from './doorway.ts';

const WAIT_MS_MAX = 10_000;

interface Arrival {
  readonly door: 'http1' | 'http2';
  readonly socket: Socket;
}

const opened: { doorway: Doorway; clients: Socket[] }[] = [];

afterEach(() => {
  for (const { doorway, clients } of opened.splice(0)) {
    for (const client of clients) client.destroy();
    doorway.closeWaiting();
    doorway.server.close();
  }
});

/** A client's connection, and through which door it will have come in. */
async function arrive(waitMsMax = WAIT_MS_MAX): Promise<{ client: Socket; arrival: Promise<Arrival> }> {
  let told: (arrival: Arrival) => void = () => undefined;
  const arrival = new Promise<Arrival>((resolve) => {
    told = resolve;
  });
  const doorway = openDoorway(
    {
      http1: (socket) => {
        told({ door: 'http1', socket });
      },
      http2: (socket) => {
        told({ door: 'http2', socket });
      },
    },
    waitMsMax,
  );
  doorway.server.listen(0, '127.0.0.1');
  await once(doorway.server, 'listening');
  const client = connect((doorway.server.address() as AddressInfo).port, '127.0.0.1');
  client.setNoDelay(true);
  opened.push({ doorway, clients: [client] });
  await once(client, 'connect');
  return { client, arrival };
}

async function readBytes(socket: Socket, length: number): Promise<string> {
  let text = '';
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1');
  });
  while (text.length < length) await once(socket, 'data');
  return text;
}

/** Long enough for what was written to have come on its own. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test.each([
  ['POST / HTTP/1.1\r\n\r\n', 'http1'],
  ['GET / HTTP/1.1\r\n\r\n', 'http1'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2'],
])('%j, byte by byte, comes in whole and holds nobody else up', async (text, door) => {
  const { client, arrival } = await arrive();
  for (const byte of text.slice(0, 5)) {
    client.write(byte);
    await pause();
  }
  client.write(text.slice(5));
  const { door: taken, socket } = await arrival;
  expect(taken).toBe(door);
  expect(await readBytes(socket, text.length)).toBe(text);
});

test('who begins as both versions do and says no more is let go', async () => {
  const { client } = await arrive(50);
  client.write('P');
  client.resume();
  await once(client, 'close');
});

test('who hangs up after a byte is forgotten', async () => {
  const { client } = await arrive();
  client.end('P');
  client.resume();
  await once(client, 'close');
});
