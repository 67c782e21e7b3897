import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHouse, type House } from './harness.ts';

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

test('a unary answer says the same tier in the body, the headers, the ledger and the metrics', async () => {
  const answer = await fetch(`${house.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sim-8b',
      service_tier: 'flex',
      max_tokens: 8,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
  });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ service_tier: 'flex', usage: { completion_tokens: 8 } });
  expect(answer.headers.get('offpeak-tier')).toBe('flex');
  expect(Number(answer.headers.get('offpeak-cost-usd'))).toBeGreaterThan(0);
  const rows = await house.ledger();
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    id: answer.headers.get('x-request-id'),
    served_tier: 'flex',
    outcome: 'completed',
    output_tokens: 8,
  });
  expect(await house.metrics()).toMatch(/offpeak_requests_total\{[^}]*served="flex",outcome="completed"\} 1/);
});
