import { expect, test } from 'vitest';
import { attachmentTokens } from './estimate.ts';
import { readRequest } from './request.ts';

function estimate(content: unknown, indent?: number): number {
  const body = { model: 'm', messages: [{ role: 'user', content }] };
  const result = readRequest('chat', Buffer.from(JSON.stringify(body, null, indent)));
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result.facts.inputTokens;
}

const BASE64 = 'QUJD'.repeat(50_000);

test('text counts a token for every four bytes', () => {
  expect(estimate('x'.repeat(40_000))).toBeGreaterThanOrEqual(10_000);
  expect(estimate('x'.repeat(40_000))).toBeLessThan(10_020);
});

test.each([
  ['a picture', [{ type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}` } }], 1],
  ['a file', [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${BASE64}` } }], 1],
  ['sound', [{ type: 'input_audio', input_audio: { format: 'wav', data: BASE64 } }], 1],
  [
    'two pictures',
    [0, 1].map(() => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}`, detail: 'high' } })),
    2,
  ],
])('%s counts at a flat rate, however it is laid out', (_what, content, attachments) => {
  for (const indent of [undefined, 2]) {
    const tokens = estimate(content, indent);
    expect(tokens).toBeGreaterThanOrEqual(attachments * attachmentTokens);
    expect(tokens).toBeLessThan(attachments * attachmentTokens + 200);
  }
});

test('prose about base64 is prose', () => {
  const prose = 'the word base64, and then a long text without quotes '.repeat(1_000);
  expect(estimate(prose)).toBeGreaterThan(prose.length / 4);
});

test('tools are read by the model too', () => {
  const plain = Buffer.from('{"model":"m","messages":[1]}');
  const tools = Buffer.from(`{"model":"m","messages":[1],"tools":["${'t'.repeat(400)}"]}`);
  const [without, with_] = [plain, tools].map((body) => {
    const result = readRequest('chat', body);
    return result.ok ? result.facts.inputTokens : Number.NaN;
  });
  expect(with_! - without!).toBeGreaterThanOrEqual(100);
});
