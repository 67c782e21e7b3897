import { afterEach, expect, test } from 'vitest';
import { wholeClient, MAJORS } from '../../conformance/responses-client.ts';
import { rowsOf } from '../books.ts';
import { until } from '../harness.ts';
import { send, wholeAnswer } from '../fake-engine.ts';
import { closeChecked, startHosted, type HostedHouse } from './hosted.ts';
import { answerWell, keyed, providerLine, sendError, startScripted, type Scripted } from './scripted.ts';
import { refusal, talk } from './talk.ts';

/** Who pays at a provider: the gateway, or a project with a key of its own. */

const MODEL = 'gpt-5.6-luna';
const OURS = 'sk-of-the-gateway';
const THEIRS = 'sk-of-the-team';

let house: HostedHouse;
let provider: Scripted;

/** `team` pays for itself at the provider; `guest` does not. */
async function start(line: string, settings = `providerKeys: { openai: "${THEIRS}" }`): Promise<void> {
  provider = await startScripted();
  provider.answer = keyed(new Set([OURS, THEIRS]));
  house = await startHosted({
    providers: {},
    upstreams: [providerLine('openai', provider, line)],
    projects: ['guest', 'team', 'other'],
    settings: { team: settings, other: 'providerKeys: { openai: "sk-revoked" }' },
  });
  await until(async () => (await house.metrics()).includes('offpeak_upstream_up{upstream="openai"} 1'), 'it is known');
}

afterEach(async () => {
  await closeChecked(house);
  await provider.close();
});

const as = (project: string) => ({ model: MODEL, apiKey: house.keys[project]! });

test.each([false, true])('each project is paid for with its key, stream %s', async (stream) => {
  await start(`apiKey: ${OURS}`);
  for (const project of ['guest', 'team', 'guest', 'team']) await talk(house, { ...as(project), stream });
  expect(provider.asked.map(({ key }) => key)).toEqual([OURS, THEIRS, OURS, THEIRS]);
});

test('a key that is no good stops who pays with it, and nobody else', async () => {
  await start(`apiKey: ${OURS}`);
  const [refused, ...served] = await Promise.all([
    refusal(house, as('other')),
    talk(house, as('guest')),
    talk(house, as('team')),
  ]);
  expect(refused).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
  expect(refused.headers.get('x-should-retry')).toBe('false');
  expect(served.map(({ text }) => text)).toEqual(['ok', 'ok']);
  // Nor the next ones of the same project, who need not ask.
  expect(await refusal(house, as('other'))).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
  for (const project of ['guest', 'team']) expect((await talk(house, as(project))).text).toBe('ok');
  expect(provider.asked.filter(({ key }) => key === 'sk-revoked')).toHaveLength(1);
  const rows = (await rowsOf(house)).filter(({ outcome }) => outcome === 'refused');
  expect(rows.map((row) => [row.status, row.cost_nano_usd])).toEqual([[502, 0]]);
});

test("the gateway's own key that is no good leaves those who pay for themselves alone", async () => {
  await start('apiKey: sk-revoked');
  expect(await refusal(house, as('guest'))).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
  expect((await talk(house, as('team'))).text).toBe('ok');
});

test('a quota that is used up is the payer’s as well', async () => {
  await start(`apiKey: ${OURS}`);
  provider.answer = (res, asked) => {
    if (asked.key === THEIRS) sendError(res, 429, 'You exceeded your current quota.', 'insufficient_quota');
    else answerWell(res, asked);
  };
  expect(await refusal(house, as('team'))).toMatchObject({ status: 503, code: 'upstream_quota_exhausted' });
  expect((await talk(house, as('guest'))).text).toBe('ok');
});

test("a limit of one account is not waited for by another's requests", async () => {
  await start(`apiKey: ${OURS}`);
  provider.answer = (res, asked) => {
    if (asked.key === THEIRS)
      sendError(res, 429, 'Rate limit reached.', 'rate_limit_exceeded', { 'retry-after': '45' });
    else answerWell(res, asked);
  };
  const headers = { 'offpeak-max-wait': '1s' };
  expect(await refusal(house, { ...as('team'), headers })).toMatchObject({ status: 429 });
  expect((await talk(house, { ...as('guest'), headers })).text).toBe('ok');
});

test('a key that works again is used again, when the provider said', async () => {
  await start(`apiKey: ${OURS}`);
  provider.answer = (res) => {
    sendError(res, 401, 'Incorrect API key provided.', 'invalid_api_key', { 'retry-after-ms': '200' });
  };
  expect(await refusal(house, as('guest'))).toMatchObject({ status: 502 });
  provider.answer = answerWell;
  await until(async () => {
    try {
      return (await talk(house, as('guest'))).text === 'ok';
    } catch {
      return false;
    }
  }, 'the key is tried again');
});

test('who has no key where there is none is told so, before anything is sent', async () => {
  await start(`models: [${MODEL}]`);
  const refused = await refusal(house, as('guest'));
  expect(refused).toMatchObject({ status: 502, code: 'upstream_credentials_rejected' });
  expect(refused.message).toContain('There is no API key for the provider behind this model (openai)');
  expect(provider.asked).toEqual([]);
  expect((await talk(house, as('team'))).text).toBe('ok');
  expect(provider.asked.map(({ key }) => key)).toEqual([THEIRS]);
});

test('a stored answer is asked for with the key that it was made with', async () => {
  await start(`apiKey: ${OURS}`);
  const stored = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: MODEL,
    output: [],
    service_tier: 'default',
  };
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  provider.answer = keyed(new Set([THEIRS]), (res, { path }) => {
    if (path.startsWith('/v1/responses')) send(res, 200, JSON.stringify({ ...stored, usage }));
    else send(res, 200, wholeAnswer());
  });
  const client = wholeClient(MAJORS[0]!, `${house.url}/v1`, { apiKey: house.keys['team']! });
  const { id } = await client.responses.create({ model: MODEL, input: 'Hello' });
  expect((await client.responses.retrieve(id)).id).toBe(id);
  await client.responses.create({ model: MODEL, input: 'on', previous_response_id: id });
  await client.responses.delete(id);
  expect(provider.asked.map(({ method, key }) => [method, key])).toEqual([
    ['POST', THEIRS],
    ['GET', THEIRS],
    ['POST', THEIRS],
    ['DELETE', THEIRS],
  ]);
});
