// The floor of Offpeak's stack: `node:http` and undici's `dispatch`, and nothing that a gateway does.
// It reads the body whole, as a gateway must, and relays the answer with backpressure.
// node bare-proxy.ts PORT UPSTREAM_PORT
import { createServer, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, {
  keepAliveTimeout: 600_000,
  bodyTimeout: 0,
  headersTimeout: 0,
});

function relayTo(response: ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller) {
      response.once('close', () => {
        if (!response.writableFinished) controller.abort(new Error('the client hung up'));
      });
    },
    onResponseStart(_controller, status, headers) {
      const kept: Record<string, string | string[]> = {};
      for (const name of ['content-type', 'content-length']) {
        const value = headers[name];
        if (value !== undefined) kept[name] = value;
      }
      response.writeHead(status, kept);
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => {
        controller.resume();
      });
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
}

const server = createServer({ noDelay: true, keepAliveTimeout: 600_000 }, (request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const headers = {
      'content-type': 'application/json',
      'content-length': String(body.length),
      authorization: 'Bearer upstream-key',
    };
    pool.dispatch({ path: request.url!, method: 'POST', headers, body }, relayTo(response));
  });
});
server.listen({ host: '127.0.0.1', port, backlog: 4096 });
