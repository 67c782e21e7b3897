import { describe, expect, it } from 'vitest';
import { StopFilter } from './stop-filter.ts';
import type { StopMatch } from './stop-filter.ts';
import type { Token } from './token.ts';

function run(
  stops: string[],
  texts: string[],
  includeStop = false,
): { released: string[]; match: StopMatch | undefined } {
  const filter = new StopFilter(stops, includeStop);
  const released: Token[] = [];
  for (const text of texts) {
    const match = filter.push({ text }, released);
    if (match !== undefined) return { released: released.map((token) => token.text), match };
  }
  return { released: released.map((token) => token.text), match: undefined };
}

describe('StopFilter', () => {
  it('lets everything pass where there is nothing to stop at', () => {
    expect(run([], ['a', ' b'])).toEqual({ released: ['a', ' b'], match: undefined });
  });

  it('ends before a stop string, wherever tokens divide it', () => {
    expect(run(['b c'], ['a', ' b', ' c', ' d'])).toEqual({ released: ['a', ' '], match: { stop: 'b c' } });
    expect(run([' b'], ['a', ' b'])).toEqual({ released: ['a'], match: { stop: ' b' } });
  });

  it('can leave the stop string in', () => {
    expect(run(['b c'], ['a', ' b', ' c', ' d'], true).released).toEqual(['a', ' b', ' c']);
  });

  it('takes the match that begins first', () => {
    expect(run(['c', 'b'], ['ab c'])).toEqual({ released: ['a'], match: { stop: 'b' } });
  });

  it('holds whole tokens back only as long as a stop string may begin in them', () => {
    expect(run(['b x'], ['a', ' b']).released).toEqual(['a']);
    expect(run(['b x'], ['a', ' b', ' c']).released).toEqual(['a', ' b', ' c']);
  });

  it('gives up what it held when the answer ends otherwise', () => {
    const filter = new StopFilter(['b x'], false);
    const released: Token[] = [];
    filter.push({ text: ' b' }, released);
    filter.flush(released);
    expect(released).toEqual([{ text: ' b' }]);
  });
});
