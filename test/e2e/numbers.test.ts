import { expect, test } from 'vitest';
import { startFakeEngine, upstreamLine } from './fake-engine.ts';
import { startHouse } from './harness.ts';
import { post } from './requests.ts';

const BIG = '{"id":12345678901234567890,"share":1.0}';

test('numbers that no number of the language is go through a translation and back as they were written', async () => {
  const heard: Record<string, unknown>[] = [];
  const engine = await startFakeEngine((res, body) => {
    heard.push(body);
    const call = { id: 'c2', type: 'function', function: { name: 'f', arguments: BIG } };
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
    const choices = [{ index: 0, message, finish_reason: 'tool_calls' }];
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'sim-8b', choices, usage }));
  });
  const house = await startHouse({ upstreams: [upstreamLine('gpu-0', engine.url)] });
  try {
    const call = `{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":${BIG}}]}`;
    const result = '{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"ok"}]}';
    const tools = '[{"name":"f","input_schema":{"type":"object"}}]';
    const messages = `[{"role":"user","content":"Hi"},${call},${result}]`;
    const request = `{"model":"sim-8b","max_tokens":9,"temperature":1.0,"tools":${tools},"messages":${messages}}`;
    const answer = await post(house, '/v1/messages', request);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(`"input":${BIG}`);
    expect(heard[0]).toMatchObject({
      temperature: 1,
      messages: [{}, { tool_calls: [{ function: { arguments: BIG } }] }, {}],
    });
  } finally {
    await house.close();
    await engine.close();
  }
});
