import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsOf } from '../e2e/books.ts';
import { startHouse, until, withStore, type House } from '../e2e/harness.ts';
import { ANSWER, ask, type Told } from './faults/asked.ts';
import { OPENAI } from './mounts/openai.ts';
import { UPSTREAMS } from './upstreams/all.ts';
import type { Running, Upstream } from './upstreams/upstream.ts';

/** Whose key pays is whose trouble it is: a key that a provider does not take stops nobody who has another. */

const WRONG = 'a-key-that-nobody-was-given';

interface Account {
  readonly upstream: Upstream;
  readonly running: Running;
  /** Models whose operator has a key that is taken, and one that is not. */
  readonly good: string;
  readonly bad: string;
}

let house: House;
let accounts: readonly Account[];
const keys = new Map<string, string>();

beforeAll(async () => {
  accounts = await Promise.all(
    UPSTREAMS.map(async (upstream, index) => {
      return { upstream, running: await upstream.start(), good: `good-${index}`, bad: `bad-${index}` };
    }),
  );
  const lines = accounts.flatMap(({ running, good, bad }) => [running.line(good), withKey(running.line(bad), WRONG)]);
  const targets = accounts.flatMap(({ upstream: { model }, good, bad }) =>
    [good, bad].map((name) => `  - { name: ${name}, targets: [{ upstream: ${name}, model: "${model}" }] }`),
  );
  const own = (keyOf: (account: Account) => string): string =>
    accounts
      .flatMap((account) => [`${account.good}: ${keyOf(account)}`, `${account.bad}: ${keyOf(account)}`])
      .join(', ');
  house = await startHouse({
    upstreams: lines,
    config: `auth: keys
models:
${targets.join('\n')}
projects:
  - { name: operators }
  - { name: right, providerKeys: { ${own(({ running }) => keyIn(running.line('x')))} } }
  - { name: wrong, providerKeys: { ${own(() => WRONG)} } }
`,
  });
  await withStore(house.data, async (store) => {
    for (const name of ['operators', 'right', 'wrong']) {
      keys.set(name, (await createKey(store, name, { now: Date.now() })).key);
    }
  });
  const headers = { authorization: `Bearer ${keys.get('wrong')!}` };
  await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
});

afterAll(async () => {
  await house.close();
  await Promise.all(accounts.map(({ running }) => running.fake.close()));
});

function keyIn(line: string): string {
  return /apiKey: ([^,]+),/.exec(line)![1]!;
}

function withKey(line: string, key: string): string {
  return line.replace(keyIn(line), key);
}

function asks(project: string, { running }: Account, model: string, stream = false): Promise<Told> {
  const headers = { authorization: `Bearer ${keys.get(project)!}` };
  return ask(house.url, running, { model, tier: 'standard', stream, headers });
}

function expectRefused(told: Told): void {
  expect({ status: told.status, word: told.problem?.word }).toEqual(OPENAI.problems['upstream-credentials']);
  expect(told.problem!.message).not.toContain(WRONG);
}

describe.each(UPSTREAMS.map(({ name }, index) => ({ name, index })))('$name', ({ index }) => {
  test("a project's own key that is refused is told to that project alone, and not shown again", async () => {
    const account = accounts[index]!;
    const { good } = account;
    const first = await asks('wrong', account, good);
    expectRefused(first);
    expect(first.received.map(({ status }) => status)).toEqual([expect.toBeOneOf([400, 401, 403])]);
    for (const project of ['right', 'operators']) {
      const { heard, received } = await asks(project, account, good, true);
      expect(heard?.text).toBe(ANSWER);
      expect(received).toHaveLength(1);
    }
    const again = await asks('wrong', account, good);
    expectRefused(again);
    expect(again.received).toEqual([]);
    const rows = (await rowsOf(house)).filter(({ id }) => id === first.id || id === again.id);
    expect(rows.every(({ cost_nano_usd: cost }) => cost === 0)).toBe(true);
  });

  test("the operator's key that is refused stops nobody who has an own one", async () => {
    const account = accounts[index]!;
    const { bad } = account;
    expectRefused(await asks('operators', account, bad));
    const { heard, received } = await asks('right', account, bad);
    expect(heard?.text).toBe(ANSWER);
    expect(received).toHaveLength(1);
    expectRefused(await asks('operators', account, bad));
  });
});
