import { describe, expect, test } from 'vitest';
import { AnswerReader } from './answer-reader.ts';

function event(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

function piece(delta: object): string {
  return event({ choices: [{ index: 0, delta }] });
}

function readerOf(...reads: readonly string[]): AnswerReader {
  const reader = new AnswerReader();
  for (const [index, read] of reads.entries()) reader.push(Buffer.from(read), index);
  return reader;
}

describe('reading a streamed answer', () => {
  test('the first token is the first text, not the first event', () => {
    const reader = readerOf(
      ': keep-alive\n\n',
      piece({ role: 'assistant', content: '' }),
      piece({ content: 'Hello' }),
      piece({ content: ' you' }) + piece({ content: '.' }),
      piece({}),
    );
    expect(reader).toMatchObject({ firstTokenAt: 2, lastTokenAt: 3, pieces: 3, done: false, error: null });
  });

  test('thinking is generated and waited for like any other text', () => {
    expect(readerOf(piece({ reasoning_content: 'Hm' })).firstTokenAt).toBe(0);
    expect(readerOf(piece({ content: null, reasoning: 'Hm' })).firstTokenAt).toBe(0);
  });

  test('usage, tier and end are what the server says', () => {
    const reader = readerOf(
      event({ choices: [], service_tier: 'flex' }),
      event({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } }),
      'data: [DONE]\n\n',
    );
    expect(reader).toMatchObject({ inputTokens: 12, outputTokens: 3, servedWord: 'flex', done: true, pieces: 0 });
  });

  test.each([
    [{ error: { message: 'no', code: 'flex_unavailable', type: 'resource_unavailable' } }, 'flex_unavailable'],
    [{ error: { message: 'no', code: 500, type: 'server_error' } }, 'server_error'],
    [{ error: 'no' }, 'error'],
  ])('%j is an error', (chunk, code) => {
    expect(readerOf(event(chunk)).error).toEqual({ code });
  });

  test('events may be cut anywhere', () => {
    const text = piece({ content: 'a' }) + piece({ content: 'b' });
    const reader = readerOf(...text);
    expect(reader.pieces).toBe(2);
    expect(reader.lastTokenAt).toBe(text.length - 1);
  });

  test('what is no JSON is refused', () => {
    expect(() => readerOf('data: garbage\n\n')).toThrow(SyntaxError);
  });
});
