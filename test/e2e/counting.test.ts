import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startHouse, until } from './harness.ts';

/** Well below what a provider is given to count. */
const TIMEOUT_MS = 8_000;

test('a count that nobody waits for any more is given up', { timeout: TIMEOUT_MS }, async () => {
  const open = new Set<ServerResponse>();
  const provider = createServer((req, res) => {
    open.add(res);
    res.on('close', () => open.delete(res));
    req.resume();
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const upstream = `{ name: claude, kind: provider, provider: anthropic, url: "${url}", apiKey: k, models: [claude-sonnet-5] }`;
  const house = await startHouse({ upstreams: [upstream] });
  try {
    const client = new AbortController();
    const counted = fetch(`${house.url}/v1/messages/count_tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'claude-sonnet-5', messages: [{ role: 'user', content: 'Is it?' }] }),
      signal: client.signal,
    });
    await until(() => open.size === 1, 'the provider is asked');
    client.abort();
    await expect(counted).rejects.toThrow();
    await until(() => open.size === 0, 'the provider is let go');
  } finally {
    provider.closeAllConnections();
    await house.close();
    provider.close();
  }
});
