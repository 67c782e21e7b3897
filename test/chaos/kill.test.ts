import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATABASE_FILE } from '@offpeak/gateway';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readMetrics, total } from '../e2e/books.ts';
import { upstreamLine } from '../e2e/fake-engine.ts';
import { until, untilReady } from '../e2e/harness.ts';
import { Offpeak } from '../e2e/processes.ts';
import { RawClient, rawPost } from '../e2e/raw-client.ts';
import { CHAT_PATHS, chat, chatBody, eventsIn, problemIn, textIn } from '../e2e/requests.ts';

/** Processes that die without a word: `kill -9`, a machine that stops. */

/** An answer is in the ledger for good this long after it was given. */
const BOOKED_MS = 1_000;

let folder: string;
let processes: Offpeak[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-kill-'));
  processes = [];
});
afterEach(async () => {
  await Promise.all(processes.map((process) => process.dispose()));
  await rm(folder, { recursive: true, force: true });
});

function start(args: readonly string[]): Offpeak {
  const process = new Offpeak(args, { cwd: folder });
  processes.push(process);
  return process;
}

async function engines(count: number, speed: number): Promise<{ process: Offpeak; url: string }[]> {
  const started = Array.from({ length: count }, () => start(['engine', '--port', '0', '--speed', String(speed)]));
  return Promise.all(started.map(async (process) => ({ process, url: await process.url() })));
}

/** With engines and, from the second start on, at the address of the first. */
async function serve(
  upstreams: readonly string[],
  address = '127.0.0.1:0',
): Promise<{ process: Offpeak; url: string }> {
  const lines = upstreams.map((url, index) => `  - ${upstreamLine(`gpu-${index}`, url)}\n`);
  await writeFile(join(folder, 'offpeak.yaml'), `listen: ${address}\ndata: data\nupstreams:\n${lines.join('')}`);
  const process = start(['serve']);
  const url = await process.url();
  await untilReady(url);
  return { process, url };
}

async function metric(url: string, name: string, labels: Record<string, string> = {}): Promise<number> {
  return total(readMetrics(await (await fetch(`${url}/metrics`)).text()), name, labels);
}

interface Booked {
  readonly id: string;
  readonly outcome: string;
  readonly served_tier: string;
}

function ledger(): Booked[] {
  const db = new DatabaseSync(join(folder, 'data', DATABASE_FILE), { readOnly: true });
  try {
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    return db.prepare('SELECT id, outcome, served_tier FROM ledger ORDER BY rowid').all() as unknown as Booked[];
  } finally {
    db.close();
  }
}

test('an engine that is killed: its flex goes on elsewhere, its standard is told, and the books are right', async () => {
  const [first, second] = await engines(2, 2);
  const gateway = await serve([first!.url, second!.url]);
  await until(async () => (await metric(gateway.url, 'offpeak_upstream_up')) === 2, 'both engines are up');
  // Still under way when it dies, however slowly this machine runs.
  const long = { stream: true, max_tokens: 1_000, messages: [{ role: 'user', content: 'Tell a long story.' }] };
  const tiers = ['flex', 'flex', 'flex', 'default', 'default', 'default'];
  const clients = tiers.map((tier) =>
    new RawClient(gateway.url).write(rawPost(CHAT_PATHS.openai, chatBody({ ...long, service_tier: tier }))),
  );
  for (const client of clients) await client.untilReceived('"content"');
  const on = clients.map(({ received }) => /offpeak-upstream: (\S+)/.exec(received)![1]!);
  first!.process.send('SIGKILL');

  const texts: string[] = [];
  for (const [index, client] of clients.entries()) {
    const { body } = await client.answer();
    const events = eventsIn(body);
    if (tiers[index] !== 'flex' && on[index] === 'gpu-0') {
      expect(problemIn(events.at(-1)!)).toMatchObject({ code: 'upstream_failed' });
    } else {
      expect(events.at(-1)).toBe('[DONE]');
      texts.push(textIn(body));
    }
  }
  // All of them asked the same, so whoever went on elsewhere has the text of those who never moved.
  expect(new Set(texts).size).toBe(1);
  await until(
    async () => (await metric(gateway.url, 'offpeak_upstream_up', { upstream: 'gpu-0' })) === 0,
    'it is down',
  );
  expect((await chat(gateway)).headers.get('offpeak-upstream')).toBe('gpu-1');
  gateway.process.send('SIGTERM');
  expect(await gateway.process.ended()).toBe(0);
  const rows = ledger();
  expect(rows).toHaveLength(tiers.length + 1);
  expect(rows.filter(({ outcome }) => outcome === 'failed')).toHaveLength(tiers.length - texts.length);
});

test('a gateway that is killed: what was answered is in the ledger, once, and it starts again where it was', async () => {
  const [engine] = await engines(1, 50);
  const gateway = await serve([engine!.url]);
  const answered: string[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    const answer = await chat(gateway, { service_tier: turn % 2 === 0 ? 'flex' : 'default', stream: turn % 3 === 0 });
    await answer.text();
    answered.push(answer.headers.get('x-request-id')!);
  }
  await new Promise((resolve) => setTimeout(resolve, BOOKED_MS));
  // These are under way when it dies, or just answered: they may be booked or not, but not twice.
  const lost = Array.from({ length: 4 }, () =>
    chat(gateway, { max_tokens: 2_000, stream: true })
      .then((answer) => answer.text())
      .catch(() => 'lost'),
  );
  await until(async () => (await metric(gateway.url, 'offpeak_engine_slots', { state: 'standard' })) > 0, 'some run');
  gateway.process.send('SIGKILL');
  expect(await Promise.all(lost)).toContain('lost');
  await gateway.process.ended();
  expect(gateway.process.signal).toBe('SIGKILL');
  const before = ledger().map(({ id }) => id);
  expect(before).toEqual(expect.arrayContaining(answered));

  const again = await serve([engine!.url], new URL(gateway.url).host);
  for (let turn = 0; turn < 10; turn += 1) {
    const answer = await chat(again);
    await answer.text();
    answered.push(answer.headers.get('x-request-id')!);
  }
  expect(await metric(again.url, 'offpeak_ledger_duplicates_total')).toBe(0);
  again.process.send('SIGTERM');
  expect(await again.process.ended()).toBe(0);
  const after = ledger().map(({ id }) => id);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(new Set(after).size).toBe(after.length);
  expect(after).toEqual(expect.arrayContaining(answered));
  expect(new Set(answered).size).toBe(answered.length);
});
