import { expect, test } from 'vitest';
import { startHosted } from './providers/hosted.ts';

test('a key that is shown in the query opens a stored answer, and is not told to the provider that keeps it', async () => {
  const house = await startHosted({ providers: { openai: '' }, projects: ['evals'] });
  try {
    const key = house.keys['evals']!;
    const made = await fetch(`${house.url}/v1/responses?key=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5-mini', input: 'Name a river.' }),
    });
    expect(made.status).toBe(200);
    const { id } = (await made.json()) as { id: string };
    const kept = `${house.url}/v1/responses/${id}`;
    const items = await fetch(`${kept}/input_items?order=asc&key=${key}&limit=5`);
    expect(items.status).toBe(200);
    expect(house.openai.last().path).toBe(`/v1/responses/${id}/input_items`);
    expect(Object.fromEntries(house.openai.last().query)).toEqual({ order: 'asc', limit: '5' });
    expect((await fetch(`${kept}?key=${key}`)).status).toBe(200);
    expect(house.openai.requests.map(({ target }) => target).filter((target) => target.includes('op_'))).toEqual([]);
    expect((await fetch(kept)).status).toBe(401);
  } finally {
    await house.close();
  }
});
