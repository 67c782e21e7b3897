import { expect } from 'vitest';
import type { ToolSpec } from '../mounts/mount.ts';
import type { Kind } from './kind.ts';

function tool(name: string, description: string, argument: string): ToolSpec {
  const properties = { [argument]: { type: 'string' } };
  return {
    name,
    description,
    schema: { type: 'object', properties, required: [argument], additionalProperties: false },
  };
}

export const TOOLS: readonly ToolSpec[] = [
  tool('get_weather', 'The weather in a city', 'city'),
  tool('get_time', 'The time in a zone', 'zone'),
];

export const TOOL_CALLS: Kind = {
  title: 'Tools',
  about:
    'Two tools are called at once, their results go back, and the model tells them; then one more call, and its result.',
  async try(cell) {
    const question = { kind: 'user', text: 'call get_weather,get_time' } as const;
    const first = await cell.answer({ turns: [question], tools: TOOLS });
    const { heard } = first;
    expect(heard).toMatchObject({ stop: 'calls', text: '', failure: null });
    expect(heard.calls.map(({ name, input }) => ({ name, input }))).toEqual([
      { name: 'get_weather', input: { city: 'text' } },
      { name: 'get_time', input: { zone: 'text' } },
    ]);
    const [weather, time] = heard.calls as [(typeof heard.calls)[number], (typeof heard.calls)[number]];
    if (weather.id !== '') expect(weather.id).not.toBe(time.id);

    const results = [
      { call: weather, text: 'sunny' },
      { call: time, text: 'noon' },
    ];
    const turns = [question, { kind: 'said', heard }, { kind: 'results', results }] as const;
    const second = await cell.answer({ turns, tools: TOOLS });
    expect(second.heard).toMatchObject({ text: 'results: get_weather=sunny, get_time=noon', calls: [], stop: 'end' });

    const more = { kind: 'user', text: 'call get_time {"zone":"Europe/Oslo"}' } as const;
    const later = [...turns, { kind: 'said', heard: second.heard }, more] as const;
    const third = await cell.answer({ turns: later, tools: TOOLS });
    expect(third.heard.calls).toMatchObject([{ name: 'get_time', input: { zone: 'Europe/Oslo' } }]);
  },
};
