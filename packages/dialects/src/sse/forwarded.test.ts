import { expect, test } from 'vitest';
import { CODECS } from '../codecs.ts';
import { EVENT_BYTES_MAX } from './reader.ts';

/** As base64: larger than any event of text. */
const PICTURE = 'A'.repeat(EVENT_BYTES_MAX + 1);
const PIECE_BYTES = 64 * 1024;

test.each<['gemini' | 'responses', object, number]>([
  [
    'gemini',
    {
      candidates: [
        {
          content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: PICTURE } }] },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 1_290 },
    },
    1_290,
  ],
  [
    'responses',
    {
      type: 'response.completed',
      response: {
        status: 'completed',
        output: [{ type: 'image_generation_call', result: PICTURE }],
        usage: { input_tokens: 7, output_tokens: 1_290, total_tokens: 1_297 },
      },
    },
    1_290,
  ],
])('a stream of %s that is forwarded may have an event with a picture in it', (wire, event, tokens) => {
  const watcher = CODECS[wire].streamWatcher({});
  const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) watcher.push(bytes.subarray(at, at + PIECE_BYTES));
  expect(watcher.whole).toBe(true);
  expect(watcher.usage).toMatchObject({ input: 7, output: tokens });
});
