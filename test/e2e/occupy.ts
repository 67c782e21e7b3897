import { untilQuiet } from './books.ts';
import { until, type House } from './harness.ts';

/**
 * Takes a slot of the house's engine with a standard request that is never answered, so that nothing evicts it and it costs no
 * work. The returned function gives the slot back.
 */
export async function hold(house: House): Promise<() => Promise<void>> {
  const { faults } = house.engines[0]!;
  faults.inject({ kind: 'hang' });
  const client = new AbortController();
  const gone = fetch(`${house.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-8b', max_tokens: 1, messages: [{ role: 'user', content: 'Hold the line.' }] }),
    signal: client.signal,
  }).catch(() => undefined);
  await until(() => faults.pending === 0, 'the slot is taken');
  return async () => {
    client.abort();
    await gone;
  };
}

/** As `hold`, around some work. */
export async function whileFull<T>(house: House, work: () => Promise<T>): Promise<T> {
  await untilQuiet(house);
  const release = await hold(house);
  try {
    return await work();
  } finally {
    await release();
  }
}
