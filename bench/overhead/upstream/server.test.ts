import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClosedLoad } from '../load/closed-loop.ts';
import { StreamLoad } from '../load/stream-load.ts';
import type { Target } from '../load/target.ts';
import { chatPath, chatRequestBody } from '../wire.ts';
import { createUpstreamServer, type UpstreamServer } from './server.ts';

let upstream: UpstreamServer;
let target: Target;
let base: string;

beforeEach(async () => {
  upstream = createUpstreamServer();
  await new Promise<void>((resolve) => {
    upstream.server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = upstream.server.address() as AddressInfo;
  target = { name: 'direct', port, headers: {}, pid: undefined };
  base = `http://127.0.0.1:${port}`;
});

afterEach(() => {
  upstream.server.close();
});

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function chat(body: BodyInit): Promise<Response> {
  return fetch(base + chatPath, {
    method: 'POST',
    body,
    headers: { connection: 'close' },
    duplex: 'half',
  } as RequestInit);
}

describe('the fake upstream', () => {
  it.each([1_024, 32 * 1_024, 1_024 * 1_024])('answers request after request of %i bytes', async (bodyBytes) => {
    const load = new ClosedLoad(target, { bodyBytes, connections: 3 });
    await until(() => load.answered >= 30);
    await load.runFor(0);
    load.stop();
  });

  it('answers a chunked request with a whole JSON document', async () => {
    const body = new Blob([new Uint8Array(chatRequestBody({ bytes: 200_000, stream: false }))]).stream();
    const answer = (await (await chat(body)).json()) as { usage: { total_tokens: number } };
    expect(answer.usage.total_tokens).toBeGreaterThan(0);
  });

  it('tells the usage at the end of a stream only when it is asked for', async () => {
    upstream.pacer.setRate(200);
    for (const asked of [true, false]) {
      const request = {
        model: 'fake-model',
        stream: true,
        ...(asked ? { stream_options: { include_usage: true } } : {}),
      };
      const response = await chat(JSON.stringify(request));
      upstream.pacer.finishAll();
      const events = (await response.text()).trim().split('\n\n');
      expect(events.at(-1)).toBe('data: [DONE]');
      const parsed = events.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)) as { usage?: object });
      expect(parsed.filter(({ usage }) => usage !== undefined)).toHaveLength(asked ? 1 : 0);
    }
  });

  it('paces many streams, and each is read to its end', async () => {
    upstream.pacer.setRate(100);
    const load = new StreamLoad(target);
    await load.open(40, 10_000);
    await until(() => load.tokens >= 40 * 4);
    upstream.pacer.finishAll();
    expect(await load.drain(10_000)).toBe(true);
    expect(load.ended).toBe(40);
    expect(load.takeDelaysUs().length).toBeGreaterThan(0);
    load.close();
  });

  it('fails the load, and says why, when the other side refuses', async () => {
    const refused = new ClosedLoad({ ...target, name: 'closed', port: 1 }, { bodyBytes: 1_024, connections: 1 });
    await expect(
      (async () => {
        for (;;) await refused.runFor(5);
      })(),
    ).rejects.toThrow(/closed closed a connection: .*ECONNREFUSED/);
  });
});

describe('chatRequestBody', () => {
  it.each([1_024, 32 * 1_024, 1_024 * 1_024])('is a JSON document of exactly %i bytes', (bytes) => {
    const body = chatRequestBody({ bytes, stream: true });
    expect(body).toHaveLength(bytes);
    expect(JSON.parse(body.toString())).toMatchObject({ model: 'fake-model', stream: true });
  });
});
