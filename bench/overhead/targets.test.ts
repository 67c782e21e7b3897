import { describe, expect, it } from 'vitest';
import { Results } from './results.ts';
import { verdicts } from './targets.ts';

const verdictOf = (results: Results, text: string): string =>
  verdicts(results).find(({ target }) => target.includes(text))!.verdict;

describe('verdicts', () => {
  it('compares within a round, so that one busy round does not decide', () => {
    const results = new Results();
    for (const [round, [nginx, offpeak]] of [
      [10, 30],
      [100, 300],
      [10, 50],
    ].entries()) {
      results.add('cpu-unary-1k', 'nginx', round, nginx!);
      results.add('cpu-unary-1k', 'offpeak', round, offpeak!);
    }
    expect(results.ratio('cpu-unary-1k', 'offpeak', 'nginx')).toBe(3);
    expect(verdictOf(results, '1 KB request at most 4x')).toBe('met');
  });

  it('says missed above the limit and met on it', () => {
    const results = new Results();
    results.add('memory-5000', 'offpeak', 0, 64);
    results.add('latency-p99', 'offpeak', 0, 1_001);
    expect(verdictOf(results, '64 KB')).toBe('met');
    expect(verdictOf(results, 'p99 added')).toBe('missed');
  });

  it('says not measured, never met, where Offpeak or the other side is missing', () => {
    const results = new Results();
    results.add('cpu-unary-1k', 'offpeak', 0, 1);
    results.add('cpu-unary-1m', 'nginx', 0, 1);
    expect(new Set(verdicts(results).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
  });

  it('pairs rounds by number when one of them failed', () => {
    const results = new Results();
    results.add('cpu-unary-1k', 'nginx', 1, 10);
    results.add('cpu-unary-1k', 'offpeak', 0, 1_000);
    results.add('cpu-unary-1k', 'offpeak', 1, 20);
    expect(results.ratio('cpu-unary-1k', 'offpeak', 'nginx')).toBe(2);
  });

  it('lets the dearest translation decide, against the forwarding of its own mount', () => {
    const results = new Results();
    for (const [name, us] of [
      ['gemini-gemini', 10],
      ['gemini-openai', 19],
      ['gemini-engine', 12],
      ['bedrock-bedrock', 100],
      ['bedrock-engine', 110],
    ] as const) {
      results.add('cpu-wire-1k', name, 0, us);
    }
    const told = verdicts(results).find(({ target }) => target.startsWith('CPU per translated 1 KB'))!;
    expect(told).toMatchObject({ value: 1.9, verdict: 'met' });
    expect(told.target).toContain('gemini-openai');
    results.add('cpu-wire-1k', 'gemini-openai', 0, 21);
    expect(verdictOf(results, 'CPU per translated 1 KB')).toBe('missed');
    expect(verdictOf(results, 'CPU per translated chunk')).toBe('not measured');
  });
});
