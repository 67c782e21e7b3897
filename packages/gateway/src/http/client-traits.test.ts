import { expect, test } from 'vitest';
import { clientTraits, SILENCE_MS_DEFAULT } from './client-traits.ts';

test('a client of which nothing is known is kept alive before Node fetch would cut it', () => {
  const { commitAfterMs, totalMs } = clientTraits({}, false);
  expect(commitAfterMs).toBeLessThan(SILENCE_MS_DEFAULT);
  expect(totalMs).toBe(Number.POSITIVE_INFINITY);
});

test('the timeout that an SDK states counts, when it is the shorter one', () => {
  expect(clientTraits({ 'x-stainless-timeout': '20' }, true).commitAfterMs).toBe(17_000);
  expect(clientTraits({ 'x-stainless-timeout': '100000' }, true).commitAfterMs).toBe(
    clientTraits({}, true).commitAfterMs,
  );
  expect(clientTraits({ 'x-stainless-timeout': 'soon' }, true)).toEqual(clientTraits({}, true));
});

test('even the shortest timeout leaves time before and after the commit', () => {
  const { commitAfterMs } = clientTraits({ 'x-stainless-timeout': '0.4' }, false);
  expect(commitAfterMs).toBeGreaterThan(0);
  expect(commitAfterMs).toBeLessThan(400);
});

test("openai 7's timer covers a unary body and not a stream", () => {
  const headers = { 'user-agent': 'OpenAI/JS 7.55.0' };
  expect(clientTraits(headers, false).totalMs).toBeLessThan(600_000);
  expect(clientTraits(headers, true).totalMs).toBe(Number.POSITIVE_INFINITY);
  expect(clientTraits({ 'user-agent': 'OpenAI/JS 6.49.0' }, false).totalMs).toBe(Number.POSITIVE_INFINITY);
});

test('groq-sdk gives up after a minute unless it says otherwise', () => {
  expect(clientTraits({ 'user-agent': 'Groq/JS 1.6.0' }, false).commitAfterMs).toBeLessThan(60_000);
});

test("Google's SDK leaves at its timeout whatever it was sent, and is not committed to before", () => {
  for (const stream of [false, true]) {
    const short = clientTraits({ 'x-server-timeout': '20' }, stream);
    expect(short.totalMs).toBe(17_000);
    expect(short.commitAfterMs).toBeGreaterThan(short.totalMs);
    const long = clientTraits({ 'x-server-timeout': '1200' }, stream);
    expect(long.totalMs).toBe(1_190_000);
    expect(long.commitAfterMs).toBe(clientTraits({}, stream).commitAfterMs);
  }
  for (const word of ['soon', '0', '-1', 'Infinity']) {
    expect(clientTraits({ 'x-server-timeout': word }, false)).toEqual(clientTraits({}, false));
  }
});
