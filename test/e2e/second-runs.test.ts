import { expect, test } from 'vitest';
import { send, startFakeEngine, upstreamLine } from './fake-engine.ts';
import { startHouse } from './harness.ts';

function chunk(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'sim-8b', choices })}\n\n`;
}

const SAID = `${chunk({ content: 'Yes.' })}${chunk({}, 'stop')}data: [DONE]\n\n`;
const MESSAGES = [{ role: 'user', content: 'Is it?' }];

test.each<[path: string, begins: RegExp, body: object]>([
  ['/v1/messages', /^event: message_start$/gm, { max_tokens: 9, messages: MESSAGES }],
  ['/v1/responses', /^event: response\.created$/gm, { input: 'Is it?' }],
])('a stream on %s begins once, also where the engine was lost before its first word', async (path, begins, body) => {
  const engine = await startFakeEngine((res) => {
    if (engine.received > 1) {
      send(res, 200, chunk({ role: 'assistant', content: '' }) + SAID, 'text/event-stream');
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write(chunk({ role: 'assistant', content: '' }), () => {
      setImmediate(() => res.destroy());
    });
  });
  const house = await startHouse({ upstreams: [upstreamLine('engine', engine.url)] });
  try {
    const answer = await fetch(house.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'offpeak-tier': 'flex' },
      body: JSON.stringify({ model: 'sim-8b', stream: true, ...body }),
    });
    const text = await answer.text();
    expect(engine.received).toBe(2);
    expect(text).toContain('Yes.');
    expect(text.match(begins)).toHaveLength(1);
  } finally {
    await house.close();
    await engine.close();
  }
});
