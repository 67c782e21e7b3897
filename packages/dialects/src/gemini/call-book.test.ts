import { expect, test } from 'vitest';
import { decodeGeminiRequest } from './request-decode.ts';

/** Looking through all of them for each one takes several times as long as a test is given. */
const MANY = 50_000;
const TIMEOUT_MS = 10_000;

function numbers(): number[] {
  return Array.from({ length: MANY }, (_, index) => index);
}

function call(id: string | undefined, name: string): object {
  return { functionCall: { ...(id === undefined ? {} : { id }), name, args: {} } };
}

function result(id: string | undefined, name: string): object {
  return { functionResponse: { ...(id === undefined ? {} : { id }), name, response: { output: name } } };
}

/** Ids of calls and of what answers them, each in the order of the conversation. */
function idsIn(contents: readonly object[]): { calls: string[]; results: string[] } {
  const { messages } = decodeGeminiRequest({ contents });
  const parts = messages.flatMap((message) => message.parts);
  return {
    calls: parts.flatMap((part) => (part.kind === 'tool-call' ? [part.id] : [])),
    results: parts.flatMap((part) => (part.kind === 'tool-result' ? [part.callId] : [])),
  };
}

test('very many calls find their results, last call first', { timeout: TIMEOUT_MS }, () => {
  const made = numbers().map((index) => call(`c${index}`, 'look'));
  const told = numbers().map((index) => result(`c${MANY - 1 - index}`, 'look'));
  const { calls, results } = idsIn([
    { role: 'model', parts: made },
    { role: 'user', parts: told },
  ]);
  expect(results).toEqual(calls.toReversed());
});

test('very many calls without ids do, in however many contents they came', { timeout: TIMEOUT_MS }, () => {
  const made = numbers().map((index) => ({ role: 'model', parts: [call(undefined, `f${index}`)] }));
  const told = numbers().map((index) => result(undefined, `f${MANY - 1 - index}`));
  const { calls, results } = idsIn([...made, { role: 'user', parts: told }]);
  expect(results).toEqual(calls.toReversed());
});

test('calls of one name are answered by id first, and the others in turn', () => {
  const made = [call(undefined, 'f'), call('b', 'f'), call(undefined, 'f'), call('d', 'f')];
  const told = [result('d', 'f'), result(undefined, 'f'), result('unheard of', 'f'), result(undefined, 'f')];
  const { calls, results } = idsIn([
    { role: 'model', parts: made },
    { role: 'user', parts: told },
  ]);
  expect(calls).toEqual(['call_0', 'b', 'call_1', 'd']);
  expect(results).toEqual(['d', 'call_0', 'call_1', 'b']);
});
