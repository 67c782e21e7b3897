import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConverseCommand, ConverseStreamCommand, type BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttp2Handler } from '@smithy/node-http-handler';
import { DATABASE_FILE } from '@offpeak/gateway';
import { afterEach, describe, expect, test } from 'vitest';
import { readMetrics, rowsOf, total } from '../e2e/books.ts';
import {
  chunk,
  DONE,
  openStream,
  send,
  startFakeEngine,
  upstreamLine,
  usageChunk,
  wholeAnswer,
  type FakeEngine,
  type Script,
} from '../e2e/fake-engine.ts';
import { configOf, startHouse, until, type House, type HouseOptions } from '../e2e/harness.ts';
import { connect, converse, failureOf, startBedrockHouse, WAYS, type AwsError } from './bedrock-clients.ts';
import { answerTo, ask, closeAll, CONVERSE, eventsIn, keep, onClose, session, start } from './bedrock-raw.ts';

/** Connections of AWS's SDK that live long: many requests at once, a server that stops, and a configuration that changes. */

afterEach(closeAll);

const INPUT = { modelId: 'sim-8b', ...CONVERSE };

/** Of the SDK's own pool: its connections, each with the requests that went over it. */
interface Pools {
  debug(): Record<string, { readonly sessions: readonly { readonly totalRequests: number }[] }>;
}

/** One handler, so one connection for all that is no stream; the SDK opens one for each stream. */
function lasting(
  house: Pick<House, 'url'>,
  maxAttempts = 1,
): { client: BedrockRuntimeClient; connections: () => number[] } {
  const handler = new NodeHttp2Handler();
  const client = connect(house.url, { name: 'lasting', handler: () => ({ requestHandler: handler }) }, { maxAttempts });
  onClose(() => {
    client.destroy();
  });
  const { connectionManager } = handler as unknown as { readonly connectionManager: Pools };
  return {
    client,
    connections: () =>
      Object.values(connectionManager.debug()).flatMap(({ sessions }) => sessions.map((one) => one.totalRequests)),
  };
}

/** An engine whose requests, once they are there, are answered when the test says so; streams have begun by then. */
async function heldEngine(): Promise<{ readonly engine: FakeEngine; readonly letGo: () => void }> {
  const held: (() => void)[] = [];
  let open = false;
  const script: Script = (res, body) => {
    const streams = body['stream'] === true;
    if (streams) {
      openStream(res);
      res.write(chunk('one'));
    }
    const finish = (): void => {
      if (streams) res.end(chunk(' two') + chunk('', 'stop') + usageChunk(3, 2) + DONE);
      else send(res, 200, wholeAnswer('one two'));
    };
    if (open) finish();
    else held.push(finish);
  };
  const engine = await startFakeEngine(script);
  onClose(() => engine.close());
  return {
    engine,
    letGo: () => {
      open = true;
      for (const finish of held.splice(0)) finish();
    },
  };
}

describe('many requests of one client', () => {
  test('more than a connection carries at once are all answered', async () => {
    const house = await start({ engines: [{ slots: 64 }] });
    const { client, connections } = lasting(house);
    const unary = Array.from({ length: 400 }, () => converse(client, 'unary', INPUT));
    const streamed = Array.from({ length: 40 }, () => converse(client, 'stream', INPUT));
    const heard = await Promise.all([...unary, ...streamed]);
    expect(new Set(heard.map(({ text }) => text)).size).toBe(1);
    expect(heard.every(({ usage }) => usage?.outputTokens === 8)).toBe(true);
    expect(connections()).toEqual([400]);
    const rows = await rowsOf(house);
    expect(rows).toHaveLength(440);
    expect(new Set(heard.map(({ requestId }) => requestId))).toEqual(new Set(rows.map(({ id }) => id)));
  });

  test('streams that stand side by side are not mixed up', async () => {
    const house = keep(await startBedrockHouse());
    house.bedrock.always({ kind: 'pace', ms: 2 });
    const { client } = lasting(house);
    const asked = Array.from({ length: 60 }, (_, index) => `river ${index} and ${'more '.repeat(index % 7)}of it`);
    const heard = await Promise.all(
      asked.map((text, index) =>
        converse(client, WAYS[index % 2]!, {
          modelId: 'amazon.nova-pro-v1:0',
          messages: [{ role: 'user', content: [{ text }] }],
        }),
      ),
    );
    expect(heard.map(({ text }) => text)).toEqual(asked.map((text) => `echo: ${text}`));
    expect(house.violations()).toEqual([]);
  });

  test('a connection that the server closed because it was idle is not missed', async () => {
    const house = await start({ config: 'server: { idleMax: 100ms }\n' });
    const { client, connections } = lasting(house);
    const first = await converse(client, 'unary', INPUT);
    for (let round = 0; round < 3; round += 1) {
      await until(() => connections().length === 0, 'the SDK has put the closed connection away');
      expect((await converse(client, 'unary', INPUT)).text).toBe(first.text);
      expect((await converse(client, 'stream', INPUT)).text).toBe(first.text);
    }
  });
});

interface Row {
  readonly outcome: string;
  readonly status: number;
  readonly output_tokens: number;
}

/** A house that is stopped in the middle of its test. */
async function stoppable(
  options: HouseOptions,
): Promise<{ house: House; stop: () => Promise<void>; rows: () => Row[] }> {
  const house = await startHouse(options);
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= house.gateway.close());
  onClose(async () => {
    await stop();
    await house.close();
  });
  const rows = (): Row[] => {
    const db = new DatabaseSync(join(house.data, DATABASE_FILE), { readOnly: true });
    try {
      return db.prepare('SELECT outcome, status, output_tokens FROM ledger ORDER BY rowid').all() as unknown as Row[];
    } finally {
      db.close();
    }
  };
  return { house, stop, rows };
}

describe('a server that stops', () => {
  test('says so on each connection, and lets what is there come to its end', async () => {
    const { engine, letGo } = await heldEngine();
    const { house, stop, rows } = await stoppable({ upstreams: [upstreamLine('gpu-0', engine.url)] });
    const { client, connections } = lasting(house);
    const bare = session(house);
    let goodbyes = 0;
    bare.on('goaway', () => (goodbyes += 1));
    const unary = converse(client, 'unary', INPUT);
    const streamed = converse(client, 'stream', INPUT);
    const byHand = answerTo(ask(bare));
    await until(() => engine.received === 3, 'all of them are at work');
    expect(connections()).toEqual([1]);
    const stopped = stop();
    await until(() => goodbyes > 0 && connections().length === 0, 'the clients have heard of it');
    // A connection that is going away is not used any more, and a new one is not had.
    expect((await failureOf(converse(client, 'unary', INPUT))).message).toMatch(/ECONNREFUSED/);
    expect(bare.destroyed).toBe(false);
    letGo();
    expect((await unary).text).toBe('one two');
    expect((await streamed).text).toBe('one two');
    expect(eventsIn(await byHand).at(-1)).toBe('metadata');
    await stopped;
    await until(() => bare.destroyed, 'the connection is closed');
    expect(rows().map(({ outcome, status }) => [outcome, status])).toEqual(Array(3).fill(['completed', 200]));
  });

  test('at its limit tells who still runs, in a stream too', async () => {
    const { engine } = await heldEngine();
    const { house, stop, rows } = await stoppable({
      upstreams: [upstreamLine('gpu-0', engine.url)],
      config: 'server: { drainMax: 300ms }\n',
    });
    const { client } = lasting(house);
    const calls = WAYS.map((way) => failureOf(converse(client, way, INPUT)));
    await until(() => engine.received === 2, 'both are at work');
    await stop();
    const [unary, streamed] = (await Promise.all(calls)) as [AwsError, AwsError];
    expect(unary).toMatchObject({ name: 'ServiceUnavailableException', $metadata: { httpStatusCode: 503 } });
    expect(streamed.name).toBe('ServiceUnavailableException');
    expect(rows().map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
  });

  test('turns flex away at once, over the connection that it waits on', async () => {
    const { engine, letGo } = await heldEngine();
    const slots = 'capacity: { slots: 1 }';
    const { house, stop, rows } = await stoppable({ upstreams: [upstreamLine('gpu-0', engine.url, slots)] });
    const { client } = lasting(house);
    const running = converse(client, 'unary', INPUT);
    await until(() => engine.received === 1, 'it is at work');
    const flex = WAYS.map((way) => failureOf(converse(client, way, { ...INPUT, serviceTier: { type: 'flex' } })));
    await until(async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth') === 2, 'they wait');
    const stopped = stop();
    for (const error of await Promise.all(flex)) {
      expect(error).toMatchObject({ name: 'ServiceUnavailableException', $metadata: { httpStatusCode: 503 } });
    }
    letGo();
    expect((await running).text).toBe('one two');
    await stopped;
    expect(
      rows()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['completed', 'refused', 'refused']);
  });

  test('is noticed by clients that never pause, and none of them hangs', async () => {
    const { house, stop, rows } = await stoppable({ engines: [{ slots: 32 }] });
    const { client } = lasting(house, 2);
    let answered = 0;
    let running = 24;
    const failures: AwsError[] = [];
    const busy = Array.from({ length: running }, async (_, index) => {
      try {
        for (;;) {
          await converse(client, WAYS[index % 2]!, INPUT);
          answered += 1;
        }
      } catch (error) {
        failures.push(error as AwsError);
      } finally {
        running -= 1;
      }
    });
    await until(() => answered > 100, 'they are all in their stride');
    await stop();
    await Promise.all(busy);
    expect(running).toBe(0);
    // Whoever came too late has no answer at all, and never half of one; the SDK takes that for worth another attempt, which a server that
    // is still there would answer.
    expect(failures).toHaveLength(24);
    expect(failures.map(({ $metadata }) => $metadata.attempts)).toEqual(Array(24).fill(2));
    const completed = rows().filter(({ outcome }) => outcome === 'completed');
    expect(completed).toHaveLength(rows().length);
    expect(completed).toHaveLength(answered);
  });
});

describe('a configuration that changes', () => {
  const RELOADED = 'server: { heartbeat: 1s, idleMax: 5s }\ntiers: { preset: bedrock }\nlogs: { level: silent }';

  test.each(['kept', 'replaced', 'removed'] as const)(
    'while a request is under way at an upstream that is %s',
    async (fate) => {
      const { engine, letGo } = await heldEngine();
      const other = await heldEngine();
      other.letGo();
      const upstreams = [
        upstreamLine('gpu-0', engine.url),
        upstreamLine('gpu-1', other.engine.url, 'capacity: { slots: 0 }'),
      ];
      const house = await start({ upstreams: [upstreams[0]!] });
      const { client, connections } = lasting(house);
      const calls = WAYS.map((way) => converse(client, way, INPUT));
      await until(() => engine.received === 2, 'both are at work');
      const bare = session(house);
      const byHand = answerTo(ask(bare));
      await until(() => engine.received === 3, 'and a third');
      const lines = {
        kept: [upstreams[0]!],
        replaced: [upstreamLine('gpu-0', other.engine.url)],
        removed: [upstreamLine('gpu-1', other.engine.url)],
      }[fate];
      const text = `data: ${house.data}\nlisten: 127.0.0.1:0\nupstreams:\n  - ${lines[0]!}\n${RELOADED}\n`;
      const named = `${text}models:\n  - { name: "new:name", targets: [{ upstream: ${fate === 'removed' ? 'gpu-1' : 'gpu-0'}, model: sim-8b }] }\n`;
      await house.gateway.reload(configOf(named));
      letGo();
      expect((await Promise.all(calls)).map(({ text: said }) => said)).toEqual(['one two', 'one two']);
      expect(eventsIn(await byHand).at(-1)).toBe('metadata');
      // The connection is the same one, and what comes over it now is asked of the new configuration.
      let heard = '';
      await until(async () => {
        heard = (await converse(client, 'unary', { ...INPUT, modelId: 'new:name' }).catch(() => ({ text: '' }))).text;
        return heard !== '';
      }, 'the new name is served');
      expect(heard).toBe('one two');
      expect(connections()).toHaveLength(1);
      expect(connections()[0]).toBeGreaterThan(1);
      expect(bare.closed).toBe(false);
    },
  );

  test('while a stream of Bedrock itself is forwarded', async () => {
    const house = keep(await startBedrockHouse());
    let pass = (): void => undefined;
    const gate = new Promise<void>((resolve) => (pass = resolve));
    house.bedrock.next({ kind: 'wait', until: gate });
    const { client } = lasting(house);
    const input = { modelId: 'amazon.nova-pro-v1:0', messages: CONVERSE.messages };
    const call = client.send(new ConverseStreamCommand(input));
    await until(() => house.bedrock.requests.length === 1, 'it is upstream');
    const text = `data: ${house.data}\nlisten: 127.0.0.1:0\nupstreams:\n  - ${upstreamLine('gpu-0', house.engines[0]!.url)}\n${RELOADED}\n`;
    await house.gateway.reload(configOf(text));
    pass();
    const events: string[] = [];
    for await (const event of (await call).stream!) events.push(...Object.keys(event));
    expect(events.at(0)).toBe('messageStart');
    expect(events.at(-1)).toBe('metadata');
    const gone = await failureOf(client.send(new ConverseCommand(input)));
    expect(gone.name).toBe('ResourceNotFoundException');
  });
});
