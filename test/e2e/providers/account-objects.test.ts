import { afterEach, expect, test } from 'vitest';
import { rowsOf } from '../books.ts';
import { closeChecked, PROVIDER_KEYS, startHosted, type HostedHouse, type HostedOptions } from './hosted.ts';
import { providerLine, startScripted } from './scripted.ts';

/** What lies in a provider's account belongs to whoever put it there, and not to every project that is sent on with the same key. */

const OPENAI = 'gpt-5.6-luna';
const GEMINI = 'gemini-3.8-flash';
const CLAUDE = 'claude-sonnet-4-6';

let house: HostedHouse;

async function start(options: Partial<HostedOptions> = {}): Promise<void> {
  house = await startHosted({
    providers: { openai: '', gemini: '', anthropic: '' },
    projects: ['one', 'two'],
    ...options,
  });
}

afterEach(async () => {
  await closeChecked(house);
});

interface Wire {
  readonly path: string;
  readonly body: object;
  /** What is refused in it. */
  readonly param: string;
}

const filed = { type: 'file', file: { file_id: 'file-of-another' } };

const CHAT: Wire = {
  path: '/v1/chat/completions',
  body: { model: OPENAI, messages: [{ role: 'user', content: [{ type: 'text', text: 'Look:' }, filed] }] },
  param: 'messages[0].content[1].file.file_id',
};

const RESPONSES: Wire = {
  path: '/v1/responses',
  body: { model: OPENAI, input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-of-another' }] }] },
  param: 'input[0].content[0].file_id',
};

const ANTHROPIC: Wire = {
  path: '/v1/messages',
  body: {
    model: CLAUDE,
    max_tokens: 100,
    messages: [{ role: 'user', content: [{ type: 'document', source: { type: 'file', file_id: 'file_another' } }] }],
  },
  param: 'messages[0].content[0].source.file_id',
};

const FILE_URI = 'https://generativelanguage.googleapis.com/v1beta/files/of-another';

const GENERATE: Wire = {
  path: `/v1beta/models/${GEMINI}:generateContent`,
  body: {
    contents: [
      { role: 'user', parts: [{ text: 'Look:' }, { fileData: { fileUri: FILE_URI, mimeType: 'image/png' } }] },
    ],
  },
  param: 'contents[0].parts[1].fileData.fileUri',
};

const COUNT: Wire = { ...GENERATE, path: `/v1beta/models/${GEMINI}:countTokens` };

/** OpenAI's wire takes addresses only, and Gemini would look behind this one with its own key. */
const TRANSLATED: Wire = {
  path: '/v1/chat/completions',
  body: {
    model: GEMINI,
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: FILE_URI } }] }],
  },
  param: 'messages[].content[].image_url.url',
};

function send({ path, body }: Pick<Wire, 'path' | 'body'>, project?: string): Promise<Response> {
  const key = project === undefined ? {} : { authorization: `Bearer ${house.keys[project]!}` };
  return fetch(`${house.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...key },
    body: JSON.stringify(body),
  });
}

function asked(): number {
  return [house.openai, house.gemini, house.anthropic].reduce((sum, fake) => sum + fake.requests.length, 0);
}

const WIRES: readonly (readonly [string, Wire])[] = [
  ['chat', CHAT],
  ['Responses', RESPONSES],
  ['Anthropic', ANTHROPIC],
  ['Gemini', GENERATE],
  ["Gemini's count", COUNT],
  ['Gemini behind chat', TRANSLATED],
];

test.each(WIRES)('over %s, another’s object is refused by its name, before anything is sent', async (_name, wire) => {
  await start();
  const before = asked();
  const answer = await send(wire, 'two');
  expect(answer.status).toBe(400);
  const text = await answer.text();
  expect(text).toContain(`'${wire.param}' cannot be passed on`);
  expect(text).toContain('accountObjects: shared');
  expect(asked()).toBe(before);
  expect(await rowsOf(house)).toEqual([]);
});

test.each(WIRES)('over %s, the operator may let every project use all that is there', async (_name, wire) => {
  const shared = 'accountObjects: shared';
  await start({ providers: { openai: shared, gemini: shared, anthropic: shared } });
  expect((await send(wire, 'two')).status).toBe(200);
});

test('who pays for itself uses its own account’s objects, and who shares a key with nobody as well', async () => {
  await start({ settings: { two: 'providerKeys: { openai: "sk-of-two" }' } });
  // The fake lets in one key only, so that what comes back is the provider's own refusal.
  expect((await send(CHAT, 'two')).status).toBe(502);
  expect((await send(CHAT, 'one')).status).toBe(200);
  expect((await send(ANTHROPIC, 'one')).status).toBe(400);
});

test('a key that a project was given as its own is shared all the same, where others have it', async () => {
  await start({ settings: { two: `providerKeys: { openai: "${PROVIDER_KEYS.openai}" }` } });
  for (const project of ['one', 'two']) expect((await send(CHAT, project)).status).toBe(400);
  await closeChecked(house);
  const settings = { one: 'providerKeys: { openai: sk-team }', two: 'providerKeys: { openai: sk-team }' };
  await start({ projects: ['one', 'two', 'three'], settings });
  expect((await send(CHAT, 'two')).status).toBe(400);
  // Nobody else has the gateway's own.
  expect((await send(CHAT, 'three')).status).toBe(200);
});

test('an open house has one project', async () => {
  await start({ projects: [] });
  for (const [, wire] of WIRES) expect((await send(wire)).status).toBe(200);
});

test('what lies nowhere but in the request, or open to all, is passed on', async () => {
  await start();
  const tools = [
    {
      type: 'function',
      function: { name: 'open', parameters: { type: 'object', properties: { file_id: { type: 'string' } } } },
    },
  ];
  const messages = [{ role: 'user', content: 'What is a "file_id"?' }];
  expect((await send({ path: CHAT.path, body: { model: OPENAI, messages, tools } }, 'one')).status).toBe(200);
  const fileData = { fileUri: 'https://example.com/cat.png', mimeType: 'image/png' };
  const body = { contents: [{ role: 'user', parts: [{ fileData }, { text: 'Look' }] }] };
  expect((await send({ path: GENERATE.path, body }, 'one')).status).toBe(200);
});

test('a name that is written in escapes is the same name', async () => {
  await start();
  const body = JSON.stringify(CHAT.body).replace('"file_id"', '"\\u0066ile\\u005fid"');
  const answer = await fetch(`${house.url}${CHAT.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${house.keys['two']!}` },
    body,
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain(CHAT.param);
});

test('another target of the model takes it, where the operator lets every project use that account', async () => {
  const open = await startScripted();
  try {
    await start({
      providers: { openai: '' },
      upstreams: [providerLine('open', open, 'apiKey: sk-1, accountObjects: shared')],
      config: `models:\n  - { name: both, targets: [{ upstream: openai, model: ${OPENAI} }, { upstream: open, model: ${OPENAI} }] }`,
    });
    const answer = await send({ path: CHAT.path, body: { ...CHAT.body, model: 'both' } }, 'two');
    expect([answer.status, answer.headers.get('offpeak-upstream')]).toEqual([200, 'open']);
    const plain = { model: 'both', messages: [{ role: 'user', content: 'Hello' }] };
    expect((await send({ path: CHAT.path, body: plain }, 'two')).headers.get('offpeak-upstream')).toBe('openai');
  } finally {
    await open.close();
  }
});
