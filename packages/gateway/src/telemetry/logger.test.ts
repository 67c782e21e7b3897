import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { generateKey } from '../keys/format.ts';
import { createLogger } from './logger.ts';
import { prettyLine } from './pretty.ts';
import { redact } from './redact.ts';

function lines(
  pretty: boolean,
  level: 'info' | 'debug' = 'info',
): { logger: ReturnType<typeof createLogger>; text: () => string } {
  const written: string[] = [];
  const logger = createLogger({ level, pretty, destination: { write: (line) => void written.push(line) } });
  return { logger, text: () => written.join('') };
}

test('one JSON line with level, time, fields and message', () => {
  const { logger, text } = lines(false);
  logger.warn({ upstream: 'gpu-a' }, 'it is down');
  logger.debug('not at this level');
  expect(JSON.parse(text())).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    upstream: 'gpu-a',
    msg: 'it is down',
  });
});

const SECRET = generateKey().key;

test.each([
  ['a field', { authorization: `Bearer ${SECRET}` }],
  [
    'a field of any look',
    { req: { headers: { Authorization: 'Basic dTpw-hush', 'x-api-key': 'hush', cookie: 'a=hush' } } },
  ],
  ['a list', { headers: { 'set-cookie': ['a=hush; b', 'c=hush'] } }],
  ['raw headers', { raw: ['authorization', 'Bearer hush-hush-hush'] }],
  ['a URL', { url: `/v1beta/models?key=hush&alt=sse`, other: 'https://user:hush@host/x' }],
  ['an error', { err: new Error(`no such key: ${SECRET}`) }],
  ['a key in quotes', { apiKey: 'hu"sh\\hush', api_key: 'hush', secret: 'hush' }],
  [
    "AWS's credentials",
    { aws: { accessKeyId: 'hush', secretAccessKey: 'hush', sessionToken: 'hush' }, 'x-amz-security-token': 'hush' },
  ],
  [
    "the half of AWS's pair that can be told",
    { note: `no such key: AKIA${'HUSH'.repeat(4)}, nor ASIA${'HUSH'.repeat(4)}` },
  ],
  ['a provider key', { note: 'sk-proj-abcDEF_123456 gsk_abcdefgh1234 AIzaSyA-abcdefghijklmnopqrstuvw' }],
])('secrets in %s are hidden, in JSON and in lines for people', (_, fields) => {
  for (const pretty of [false, true]) {
    const { logger, text } = lines(pretty);
    logger.info(fields, `said ${SECRET}`);
    expect(text()).toContain('[hidden]');
    expect(text()).not.toMatch(/hush|HUSH|abcDEF|abcdefgh/);
    expect(text()).not.toContain(SECRET.slice(16));
    if (!pretty) expect(() => JSON.parse(text()) as unknown).not.toThrow();
  }
});

test('what is no secret stays', () => {
  const plain =
    '{"msg":"task-force sk-1 desk-organiser-of-things","project":"op_x","url":"/v1/chat?alt=sse","tokens":12,"model":"AKIAN"}';
  expect(redact(plain)).toBe(plain);
});

test('a line for people', () => {
  const line = prettyLine('{"level":"info","time":"2026-01-02T03:04:05.678Z","msg":"listening","port":8787}');
  expect(stripVTControlCharacters(line)).toBe('03:04:05 listening port=8787\n');
});

test('what comes from outside cannot draw on the terminal', () => {
  const line = prettyLine(JSON.stringify({ level: 'info', time: '', msg: 'a\x1b[2Jb\nc', model: 'x\x1b]0;t\x07\x9b' }));
  expect(line).toContain('a\\x1b[2Jb\\x0ac');
  expect(line).toContain('model=x\\x1b]0;t\\x07\\x9b');
});

test('a line that is no JSON passes', () => {
  expect(prettyLine('what\n')).toBe('what\n');
});
