import { expect, test } from 'vitest';
import { EngineWork } from './engine-work.ts';
import { RunWork } from './run-work.ts';

const MINUTE_MS = 60_000;
const NOTHING = { prompts: 0, promptTokens: 0, tokens: 0, contextTokens: 0 };

test('what is older than a minute is forgotten, a span at a time', () => {
  const work = new EngineWork();
  work.begin(0);
  for (let at = 0; at < 3 * MINUTE_MS; at += 1_000) work.wrote(true, 1, 10, at);
  const { ms, evictable, interactive } = work.lastMinute(3 * MINUTE_MS - 1);
  expect(ms).toBe(MINUTE_MS - 1);
  expect(evictable).toEqual({ ...NOTHING, tokens: 60, contextTokens: 600 });
  expect(interactive).toEqual(NOTHING);
  expect(work.lastMinute(3 * MINUTE_MS).evictable.tokens).toBe(55);
  expect(work.lastMinute(10 * MINUTE_MS).evictable).toEqual(NOTHING);
});

test('an engine that came up lately is judged from then on', () => {
  const work = new EngineWork();
  work.begin(0);
  work.wrote(true, 7, 7, 1_000);
  work.begin(100_000);
  work.wrote(true, 3, 3, 101_000);
  expect(work.lastMinute(110_000)).toEqual({
    ms: 10_000,
    interactive: NOTHING,
    evictable: { ...NOTHING, tokens: 3, contextTokens: 3 },
  });
});

test('a run counts its prompt once, each of its tokens once, and the kept ones as prompt', () => {
  const work = new EngineWork();
  work.begin(0);
  const run = new RunWork(work, true, 100, 20);
  run.prompted(1);
  run.prompted(2);
  run.reached(20, 2);
  run.reached(30, 3);
  run.reached(30, 4);
  const first = work.lastMinute(5).evictable;
  expect(first).toEqual({ prompts: 1, promptTokens: 120, tokens: 10, contextTokens: 10 * 125 });
  run.reached(40, 5);
  expect(work.lastMinute(5).evictable).toEqual({ ...first, tokens: 20, contextTokens: 10 * 125 + 10 * 135 });
});
