import { once } from 'node:events';
import { constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  ValidationException,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttp2Handler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, test } from 'vitest';
import { readMetrics, rowsOf, total } from '../e2e/books.ts';
import { startFakeEngine, upstreamLine, works } from '../e2e/fake-engine.ts';
import { until } from '../e2e/harness.ts';
import { hold } from '../e2e/occupy.ts';
import { connect, converse, failureOf, startBedrockHouse, TRANSPORTS, WAYS } from './bedrock-clients.ts';
import { answerTo, ask, closeAll, CONVERSE, eventsIn, keep, onClose, session, start } from './bedrock-raw.ts';

/** What HTTP/2 has that HTTP/1.1 has not: one connection for many requests, which come and go without it. */

afterEach(closeAll);

describe('one connection', () => {
  test('carries many streams at once, each its own answer', async () => {
    const house = await start({ engines: [{ slots: 64 }] });
    const client = session(house);
    const streams = Array.from({ length: 200 }, (_, index) => {
      const messages = [{ role: 'user', content: [{ text: `Name river ${index}.` }] }];
      return answerTo(ask(client, { body: JSON.stringify({ ...CONVERSE, messages }) }));
    });
    for (const answer of await Promise.all(streams)) {
      expect(answer.status).toBe(200);
      const events = eventsIn(answer);
      expect(events.at(0)).toBe('messageStart');
      expect(events.at(-1)).toBe('metadata');
    }
    expect(await rowsOf(house)).toHaveLength(200);
  });

  test('is shared by all requests of a client that says so', async () => {
    const house = await start();
    const client = connect(house.url, { name: 'shared', handler: () => ({ requestHandler: new NodeHttp2Handler() }) });
    const texts = Array.from({ length: 40 }, () => converse(client, 'unary', { modelId: 'sim-8b', ...CONVERSE }));
    expect(new Set((await Promise.all(texts)).map(({ text }) => text)).size).toBe(1);
    client.destroy();
  });

  test('goes on when one of its streams is reset, which stops that one upstream', async () => {
    const house = keep(await startBedrockHouse());
    const path = '/model/amazon.nova-pro-v1%3A0/converse-stream';
    let pass = (): void => undefined;
    const gate = new Promise<void>((resolve) => (pass = resolve));
    house.bedrock.next({ kind: 'stall', afterEvents: 2 });
    house.bedrock.next({ kind: 'wait', until: gate });
    const client = session(house);
    const leaving = ask(client, { path });
    await once(leaving, 'response');
    const staying = answerTo(ask(client, { path }));
    await until(() => house.bedrock.requests.length === 2, 'both are upstream');
    leaving.close(constants.NGHTTP2_CANCEL);
    await until(() => house.bedrock.requests[0]!.aborted, 'the first is stopped upstream');
    pass();
    expect(eventsIn(await staying).at(-1)).toBe('metadata');
    expect(client.closed).toBe(false);
    expect((await rowsOf(house)).map(({ outcome }) => outcome).sort()).toEqual(['cancelled', 'completed']);
  });

  test('serves others while one of its readers takes nothing, of whose answer little is kept', async () => {
    const PIECE = 'x'.repeat(10_000);
    let written = 0;
    const engine = await startFakeEngine((res, body, req) => {
      if (!JSON.stringify(body).includes('endless')) {
        works(res, body, req);
        return;
      }
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (): void => {
        while (!res.destroyed) {
          written += PIECE.length;
          const choice = { index: 0, delta: { content: PIECE }, finish_reason: null };
          const event = { id: 'x', object: 'chat.completion.chunk', created: 1, model: 'sim-8b', choices: [choice] };
          if (!res.write(`data: ${JSON.stringify(event)}\n\n`)) {
            res.once('drain', write);
            return;
          }
        }
      };
      write();
    });
    onClose(() => engine.close());
    const house = await start({ upstreams: [upstreamLine('engine', engine.url)] });
    const client = session(house);
    const messages = [{ role: 'user', content: [{ text: 'endless' }] }];
    const stalled = ask(client, { body: JSON.stringify({ ...CONVERSE, messages }) });
    await once(stalled, 'response');
    let before = -1;
    await until(async () => {
      const same = written === before;
      before = written;
      if (!same) await sleep(200);
      return same;
    }, 'the engine is held up');
    expect(written).toBeLessThan(32 * 1024 * 1024);
    expect(eventsIn(await answerTo(ask(client))).at(-1)).toBe('metadata');
    stalled.close(constants.NGHTTP2_CANCEL);
    await until(() => engine.open === 0, 'the engine is let go');
  });

  test('is not closed while an answer is waited for, and is when nothing is', async () => {
    const house = await start({ engines: [{ slots: 1 }], config: 'server: { idleMax: 200ms }\n' });
    const release = await hold(house);
    const client = session(house);
    let goodbyes = 0;
    client.on('goaway', () => (goodbyes += 1));
    const waiting = answerTo(ask(client));
    await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') === 1, 'it waits');
    await sleep(700);
    expect(goodbyes).toBe(0);
    await release();
    expect((await waiting).status).toBe(200);
    await until(() => client.destroyed, 'the idle connection is closed');
    expect(goodbyes).toBeGreaterThan(0);
  });
});

test('a body is larger than any window', async () => {
  const house = await start();
  const messages = [{ role: 'user', content: 'ö'.repeat(2_500_000) }];
  const body = JSON.stringify({ messages, max_tokens: 1 });
  const error = await failureOf(connect(house.url).send(new InvokeModelCommand({ modelId: 'sim-8b', body })));
  expect(error).toBeInstanceOf(ValidationException);
  expect(error.message).toMatch(/needs about 1250\d{3} tokens/);
});

describe.each(TRANSPORTS)('$name', (transport) => {
  test.each(WAYS)('%s: a long wait is kept alive, and ends in the answer', async (way) => {
    const house = await start({ engines: [{ slots: 1 }], config: 'server: { heartbeat: 50ms }\n' });
    const client = connect(house.url, transport);
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { headers: Record<string, string> }).headers['x-stainless-timeout'] = '0.4';
        return next(args);
      },
      { step: 'build' },
    );
    const input = { modelId: 'sim-8b', ...CONVERSE };
    const { text } = await converse(client, way, input);
    const release = await hold(house);
    const call = converse(client, way, input);
    await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') === 1, 'it waits');
    const bare = ask(session(house), {
      path: `/model/sim-8b/${way === 'unary' ? 'converse' : 'converse-stream'}`,
      headers: { 'x-stainless-timeout': '0.4' },
    });
    const answered = answerTo(bare);
    let beats = 0;
    bare.on('data', () => (beats += 1));
    await until(() => beats > 3, 'there are signs of life');
    await release();
    expect((await call).text).toBe(text);
    const answer = await answered;
    if (way === 'unary') expect(answer.bytes.toString()).toMatch(/^\n{4,}\{/);
    else expect(eventsIn(answer).slice(0, 4)).toEqual(['keepAlive', 'keepAlive', 'keepAlive', 'keepAlive']);
  });

  test('an AbortSignal stops the engine', async () => {
    const house = await start({ engines: [{ slots: 1, speed: 1 }] });
    const client = connect(house.url, transport);
    const input = { modelId: 'sim-8b', ...CONVERSE, inferenceConfig: { maxTokens: 2_000 } };
    for (const [index, way] of WAYS.entries()) {
      const leaving = new AbortController();
      const options = { abortSignal: leaving.signal };
      if (way === 'unary') {
        const call = failureOf(client.send(new ConverseCommand(input), options));
        await until(() => house.engines[0]!.stats().generatedTokens > 3, 'the engine is at work');
        leaving.abort();
        expect((await call).name).toBe('AbortError');
      } else {
        const { stream } = await client.send(new ConverseStreamCommand(input), options);
        // Over HTTP/2 the SDK ends the loop, over HTTP/1.1 it throws out of it.
        const reading = (async () => {
          for await (const event of stream!) if (event.contentBlockDelta !== undefined) leaving.abort();
        })();
        await reading.catch(() => undefined);
      }
      await until(() => house.engines[0]!.stats().abortedRequests === index + 1, 'the engine has stopped its work');
    }
    expect((await rowsOf(house)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
  });
});
