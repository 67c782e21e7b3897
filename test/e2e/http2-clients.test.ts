import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { send, startFakeEngine, upstreamLine, type FakeEngine } from './fake-engine.ts';
import { startHouse, type House } from './harness.ts';

/** More than any buffer between server and client takes. */
const LONG = 'y'.repeat(2_000_000);

let engine: FakeEngine;
let house: House;

beforeAll(async () => {
  engine = await startFakeEngine((res) => {
    const message = { role: 'assistant', content: LONG };
    const choices = [{ index: 0, finish_reason: 'stop', message }];
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    send(res, 200, JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'sim-8b', choices, usage }));
  });
  const upstreams = [upstreamLine('engine', engine.url)];
  house = await startHouse({ upstreams, config: 'server: { slowReaderMax: 500ms }\n' });
});
afterAll(async () => {
  await house.close();
  await engine.close();
});

const BODY = JSON.stringify({ model: 'sim-8b', messages: [{ role: 'user', content: 'Name a river.' }] });

function ask(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
  stream.end(BODY);
  return stream;
}

async function textOf(stream: ClientHttp2Stream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await once(stream, 'end');
  return text;
}

test.each(['/v1/chat/completions', '/v1/nothing'])(
  'a client that opens no window for the answer of %s is given up',
  async (path) => {
    const session = connect(house.url, { settings: { initialWindowSize: 0 } });
    const stream = ask(session, path);
    stream.on('error', () => undefined);
    await once(stream, 'response');
    stream.resume();
    await once(stream, 'close');
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
    session.destroy();
  },
);

test('a client that takes its answer in small windows gets all of it', async () => {
  const session = connect(house.url, { settings: { initialWindowSize: 16_384 } });
  const answer = JSON.parse(await textOf(ask(session, '/v1/chat/completions'))) as {
    choices: { message: { content: string } }[];
  };
  expect(answer.choices[0]?.message.content).toBe(LONG);
  session.destroy();
});
