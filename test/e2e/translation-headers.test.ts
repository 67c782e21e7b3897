import { expect, test } from 'vitest';
import { startHouse } from './harness.ts';

test('a header names what translation left out once, however often the conversation said it', async () => {
  const house = await startHouse();
  try {
    const block = { type: 'text', text: 'Yes.', citations: [{ type: 'char_location' }] };
    const content = Array.from({ length: 2_000 }, () => block);
    // More than the headers that a client reads would have to hold them all.
    const answer = await fetch(`${house.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim-8b', max_tokens: 2, messages: [{ role: 'user', content }] }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('offpeak-ignored')).toBe('messages[].content[].citations');
  } finally {
    await house.close();
  }
});
