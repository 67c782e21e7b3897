import { expect } from 'vitest';
import { until } from '../../e2e/harness.ts';
import { PNG_BASE64 } from '../../providers/media.ts';
import type { Wanted } from '../cell.ts';
import { FORM } from '../kinds/format.ts';
import { TOOLS } from '../kinds/tools.ts';
import type { Heard } from '../mounts/mount.ts';
import type { EngineCell, EngineCheck } from './check.ts';

/** The engine's answer to it is longer than any of the bounds here. */
const LONG = 'Tell of mountains';
const TOKENS_MAX = 300;

const TEXT: EngineCheck = {
  title: 'text',
  async try(cell) {
    const wanted = { turns: [{ kind: 'user', text: LONG }], tier: 'flex', maxTokens: 30 } as const;
    const { heard, reply } = await cell.answer(wanted);
    expect(heard.text).toBe(await cell.aside(LONG, 30));
    expect(heard).toMatchObject({ stop: 'length', failure: null });
    expect(heard.tiers).toEqual([cell.mount.tierWords.flex]);
    expect(reply.headers.get('offpeak-tier')).toBe('flex');
    expectUsage(heard, 30);
    cell.book(reply, { served_tier: 'flex', outcome: 'completed', output_tokens: 30 });
  },
};

function expectUsage({ usage }: Heard, output: number): void {
  expect(usage?.output).toBe(output);
  expect(usage?.input).toBeGreaterThan(0);
}

const TOOL_CALLS: EngineCheck = {
  title: 'tools',
  async try(cell) {
    const question = { kind: 'user', text: 'call get_weather and get_time' } as const;
    for (const tier of ['standard', 'flex'] as const) {
      const { heard } = await cell.answer({ turns: [question], tools: TOOLS, tier });
      expect(heard).toMatchObject({ stop: 'calls', failure: null });
      expect(heard.calls.map(({ name }) => name)).toEqual(['get_weather', 'get_time']);
      const results = heard.calls.map((call) => ({ call, text: 'fine' }));
      const turns = [question, { kind: 'said', heard }, { kind: 'results', results }] as const;
      const after = await cell.answer({ turns, tools: TOOLS, tier, maxTokens: 5 });
      expect(after.heard.text).not.toBe('');
    }
  },
};

const STRUCTURED: EngineCheck = {
  title: 'structured output',
  async try(cell) {
    const { heard } = await cell.answer({ turns: [{ kind: 'user', text: 'how warm is it' }], format: FORM });
    const { city, degrees } = JSON.parse(heard.text) as Record<string, unknown>;
    expect([typeof city, typeof degrees]).toEqual(['string', 'number']);
  },
};

const IMAGE: EngineCheck = {
  title: 'image',
  async try(cell) {
    const seen = await cell.answer({
      turns: [{ kind: 'user', text: 'what is this', pngBase64: PNG_BASE64 }],
      maxTokens: 20,
    });
    const unseen = await cell.answer({ turns: [{ kind: 'user', text: 'what is this' }], maxTokens: 20 });
    // The engine does not look at it, and says something else because it is there.
    expect(seen.heard.text).not.toBe(unseen.heard.text);
  },
};

const NO_CAPACITY: EngineCheck = {
  title: 'no capacity',
  async try(cell) {
    const release = await holdSlot(cell);
    try {
      const { problem, reply } = await cell.refusal({
        turns: [{ kind: 'user', text: 'is there room' }],
        tier: 'flex',
        headers: { 'offpeak-max-wait': '0' },
      });
      expect({ status: problem.status, word: problem.word }).toEqual(cell.mount.problems['flex-unavailable']);
      cell.book(reply, { served_tier: 'flex', outcome: 'refused', cost_nano_usd: 0, input_tokens: 0 });
    } finally {
      await release();
    }
  },
};

/** A request that is never answered takes the engine's slot, at a tier that nothing evicts. */
async function holdSlot({ house, engine, model }: EngineCell): Promise<() => Promise<void>> {
  engine.faults.inject({ kind: 'hang' });
  const leaving = new AbortController();
  const gone = fetch(`${house.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hold the line' }] }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await until(() => engine.faults.pending === 0, 'the slot is taken');
  return async () => {
    leaving.abort();
    await gone;
  };
}

/** On a busy machine an answer may be over before the urgent request comes, and then nothing is evicted. */
const attemptsMax = 10;

/** A flex answer in whose middle an urgent request takes the slot. */
async function disturbed(cell: EngineCell, wanted: Wanted): ReturnType<EngineCell['answer']> {
  const { engine, mount, model, house } = cell;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const before = engine.stats();
    const flex = cell.answer(wanted);
    // Whoever awaits it hears of a failure; until then it is not an unhandled one.
    flex.catch(() => undefined);
    await until(() => engine.stats().generatedTokens > before.generatedTokens + 10, 'the answer is under way');
    const urgent = { model, max_tokens: 4, messages: [{ role: 'user', content: `urgent ${mount.name}` }] };
    const sooner = await fetch(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(urgent),
    });
    expect(sooner.status).toBe(200);
    await sooner.arrayBuffer();
    const answered = await flex;
    if (engine.stats().abortedRequests > before.abortedRequests) return answered;
  }
  throw new Error(`an answer of ${TOKENS_MAX} tokens was over before it could be disturbed, ${attemptsMax} times`);
}

const RESUMED: EngineCheck = {
  title: 'evicted and resumed',
  async try(cell) {
    const { mount } = cell;
    const wanted = { turns: [{ kind: 'user', text: LONG }], tier: 'flex', maxTokens: TOKENS_MAX } as const;
    const alone = await cell.answer({ ...wanted, tier: 'standard' });
    expect(alone.heard).toMatchObject({ stop: 'length', failure: null });
    const { heard, reply } = await disturbed(cell, wanted);
    expect(heard.text).toBe(alone.heard.text);
    expect(heard).toMatchObject({ stop: 'length', failure: null, tiers: [mount.tierWords.flex] });
    expectUsage(heard, TOKENS_MAX);
    cell.book(reply, {
      evictions: 1,
      wasted_tokens: 0,
      served_tier: 'flex',
      outcome: 'completed',
      output_tokens: TOKENS_MAX,
    });
  },
};

const BROKEN: EngineCheck = {
  title: 'broken in the middle',
  async try(cell) {
    const { engine, mount, stream } = cell;
    const wanted = { turns: [{ kind: 'user', text: LONG }], maxTokens: 30 } as const;
    const whole = (await cell.answer(wanted)).heard.text;
    // A socket that is destroyed may take along what was written to it.
    engine.faults.inject({ kind: stream ? 'truncate' : 'die', afterTokens: 5 });
    const { heard, reply } = await cell.answer(wanted);
    if (!stream) {
      expect(heard.text).toBe(whole);
      cell.book(reply, { outcome: 'completed', output_tokens: 30 });
      return;
    }
    expect(heard.failure?.word).toBe(mount.brokenWord);
    expect(whole.startsWith(heard.text)).toBe(true);
    expect(heard.text).not.toBe(whole);
    cell.book(reply, { outcome: 'failed', cost_nano_usd: 0 });
  },
};

/** The columns of the engine's table. */
export const ENGINE_CHECKS: readonly EngineCheck[] = [
  TEXT,
  TOOL_CALLS,
  IMAGE,
  STRUCTURED,
  NO_CAPACITY,
  BROKEN,
  RESUMED,
];
