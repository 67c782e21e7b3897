import { expect, test } from 'vitest';
import { startFakeEngine, upstreamLine } from './fake-engine.ts';
import { startHouse } from './harness.ts';
import { post } from './requests.ts';

function chunk(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'sim-8b', choices })}\n\n`;
}

function piece(index: number, json: string, begin: object = {}): string {
  return chunk({ tool_calls: [{ index, ...begin, function: { ...begin, arguments: json } }] });
}

test('calls that an engine tells at once are blocks one after the other for a client of Anthropic', async () => {
  const engine = await startFakeEngine((res) => {
    const pieces = [
      piece(0, '', { id: 'c0', name: 'f' }),
      piece(1, '{"b":', { id: 'c1', name: 'g' }),
      piece(0, '{"a":'),
      piece(1, '2}'),
      piece(0, '1}'),
      chunk({}, 'tool_calls'),
    ];
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.end(`${pieces.join('')}data: [DONE]\n\n`);
  });
  const house = await startHouse({ upstreams: [upstreamLine('gpu-0', engine.url)] });
  try {
    const messages = [{ role: 'user', content: 'Hi' }];
    const tools = ['f', 'g'].map((name) => ({ name, input_schema: { type: 'object' } }));
    const request = { model: 'sim-8b', max_tokens: 9, stream: true, tools, messages };
    const answer = await post(house, '/v1/messages', JSON.stringify(request));
    const events = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map(
      ([, data]) => JSON.parse(data!) as { type: string; index?: number; delta?: { partial_json?: string } },
    );
    const blocks = events.filter(({ type }) => type.startsWith('content_block'));
    expect(blocks.map(({ index }) => index)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    const inputs = ['', ''];
    for (const { index, delta } of blocks) inputs[index!] += delta?.partial_json ?? '';
    expect(inputs).toEqual(['{"a":1}', '{"b":2}']);
    expect(events.at(-1)).toEqual({ type: 'message_stop' });
  } finally {
    await house.close();
    await engine.close();
  }
});
