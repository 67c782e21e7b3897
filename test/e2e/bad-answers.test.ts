import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BEDROCK_KEY, startBedrock, type BedrockFake } from '../providers/bedrock/fake.ts';
import { SPOILED } from '../providers/bedrock/frames.ts';
import { startHouse, type House } from './harness.ts';

const MODEL = 'openai.gpt-oss-120b-1:0';

let bedrock: BedrockFake;
let house: House;

beforeAll(async () => {
  bedrock = await startBedrock();
  house = await startHouse({
    upstreams: [
      `{ name: aws, kind: provider, provider: bedrock, url: "${bedrock.url}", region: us-east-1, apiKey: ${BEDROCK_KEY}, models: ["${MODEL}"] }`,
    ],
  });
});

beforeEach(() => {
  bedrock.reset();
});

afterAll(async () => {
  bedrock.always(null);
  await house.close();
  await bedrock.close();
});

/** The error in a stream of OpenAI's wire, or in the body of what was refused. */
async function streamed(): Promise<string> {
  const answer = await fetch(`${house.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'one two three four' }] }),
  });
  const text = await answer.text();
  const error = /"message":"((?:[^"\\]|\\.)*)"/.exec(text.slice(text.lastIndexOf('{"error"')));
  return error?.[1] ?? text;
}

describe('a spoiled frame of an event stream', () => {
  test.each([
    ['checksum', /a frame's checksum is wrong/],
    ['preludeChecksum', /the checksum of a frame's lengths is wrong/],
    ['length', /the checksum of a frame's lengths is wrong|larger than/],
    ['payload', /a frame's checksum is wrong/],
    ['truncated', /ended its stream before the end/],
  ] as const)('%s: the client is told what is wrong, and nothing is charged', async (kind, expected) => {
    bedrock.next({ kind: 'mangle', event: 2, how: SPOILED[kind], ends: true });
    const message = await streamed();
    expect(message).toContain('(aws)');
    expect(message).toMatch(expected);
    expect((await house.ledger()).at(-1)).toMatchObject({ outcome: 'failed', cost_nano_usd: 0 });
  });
});

test('an answer that is no JSON, and one that is a web page', async () => {
  for (const fault of [
    { kind: 'malformed-json' },
    { kind: 'html', status: 200 },
    { kind: 'html', status: 502 },
  ] as const) {
    // The provider's own faults are tried again, as an engine's are.
    bedrock.always(fault);
    const answer = await fetch(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'Hi' }] }),
    });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ error: { code: 'upstream_failed' } });
  }
});
