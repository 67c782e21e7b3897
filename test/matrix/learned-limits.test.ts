import { afterAll, beforeAll, expect, test } from 'vitest';
import { rowsOf } from '../e2e/books.ts';
import { startHouse, type House } from '../e2e/harness.ts';
import { ANSWER, ask, type Told } from './faults/asked.ts';
import { OPENAI } from './mounts/openai.ts';
import { UPSTREAMS } from './upstreams/all.ts';
import type { Running, Upstream } from './upstreams/upstream.ts';

/** What an answer says of the account's limits is kept to: who comes next waits here, and is not sent to be refused there. */

/** One provider tells whole seconds. */
const SHORT_MS = 1_200;
const LONG_MS = 60_000;

interface Limited {
  readonly upstream: Upstream;
  readonly running: Running;
  readonly model: string;
}

let house: House;
let limited: readonly Limited[];

beforeAll(async () => {
  const started = await Promise.all(
    UPSTREAMS.map(async (upstream, index) => ({
      upstream,
      running: await upstream.start(),
      model: `limited-${index}`,
    })),
  );
  limited = started.filter(({ running }) => running.limit !== undefined);
  house = await startHouse({
    upstreams: started.map(({ running, model }) => running.line(model)),
    config: `models:\n${started.map(({ upstream, model }) => `  - { name: ${model}, targets: [{ upstream: ${model}, model: "${upstream.model}" }] }\n`).join('')}`,
  });
});

afterAll(async () => {
  await house.close();
  await Promise.all(limited.map(({ running }) => running.fake.close()));
});

function asks({ running, model }: Limited, maxWait: string): Promise<Told> {
  const headers = { 'offpeak-max-wait': maxWait };
  return ask(house.url, running, { model, tier: 'standard', stream: false, headers });
}

test.each(['OpenAI, chat', 'OpenAI, Responses', 'Groq', 'Anthropic'])(
  'who comes after the last request that %s has left waits, as long as there is patience',
  async (name) => {
    const account = limited.find(({ upstream }) => upstream.name === name)!;
    const { running } = account;
    running.limit!(0, SHORT_MS);
    expect((await asks(account, '20s')).heard?.text).toBe(ANSWER);

    running.limit!(0, LONG_MS);
    const waited = await asks(account, '20s');
    expect(waited.heard?.text).toBe(ANSWER);
    expect(waited.received.map(({ status }) => status)).toEqual([200]);

    // Nothing is left for a minute, by what the answer before this said.
    const refused = await asks(account, '2s');
    expect({ status: refused.status, word: refused.problem?.word }).toEqual(OPENAI.problems.contended);
    expect(refused.received).toEqual([]);

    const rows = new Map((await rowsOf(house)).map((row) => [row.id, row]));
    expect(rows.get(waited.id)).toMatchObject({ outcome: 'completed', served_tier: 'standard' });
    expect(rows.get(waited.id)!.wait_ms).toBeGreaterThan(0);
    expect(rows.get(refused.id)).toMatchObject({ outcome: 'refused', cost_nano_usd: 0 });
    expect(running.fake.violations).toEqual([]);
  },
);

test('the other providers say nothing of limits', () => {
  expect(limited.map(({ upstream }) => upstream.name)).toEqual([
    'OpenAI, chat',
    'OpenAI, Responses',
    'Groq',
    'Anthropic',
  ]);
});
