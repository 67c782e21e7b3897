import { describe, expect, test } from 'vitest';
import { DIALECTS } from '../dialects.ts';
import { SseReader } from '../sse/reader.ts';
import { PROBLEMS } from '../words/testing/problems.ts';
import { resolveTierWord } from '../words/tier-word.ts';

const { responses, openai } = DIALECTS;

describe('every problem', () => {
  test.each(Object.values(PROBLEMS))('$kind, as the chat wire tells it, and as an event of a stream', (problem) => {
    expect(responses.problem(problem)).toEqual(openai.problem(problem));
    const bytes = responses.streamProblem(problem);
    expect(bytes.toString()).toMatch(/^event: error\ndata: [^\n]*\n\n$/);
    const [data] = new SseReader().push(bytes);
    const { error } = JSON.parse(openai.problem(problem).body) as { error: { message: string; code: string } };
    expect(JSON.parse(data!)).toMatchObject({ type: 'error', message: error.message, code: error.code, error });
  });
});

test('an answer that cannot be gone on with has a code of its own, as it has at OpenAI', () => {
  const { status, body } = responses.problem({ kind: 'unknown-response', id: 'resp_1', continued: true });
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({
    error: { code: 'previous_response_not_found', param: 'previous_response_id', type: 'invalid_request_error' },
  });
});

test('the words of the chat wire, and one more', () => {
  expect(resolveTierWord(responses, 'ultrafast')).toBe('priority');
  expect(resolveTierWord(openai, 'ultrafast')).toMatchObject({ kind: 'unknown-tier' });
  for (const word of responses.tierWords) expect(responses.tiers.has(word)).toBe(true);
  for (const [word, tier] of openai.tiers) expect(responses.tiers.get(word)).toBe(tier);
  expect(responses.servedWord('standard')).toBe('default');
});
