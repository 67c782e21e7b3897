import { describe, expect, test } from 'vitest';
import { ProgressBar } from './progress-bar.ts';

function terminal(options: { isTTY?: boolean; columns?: number } = { isTTY: true }): {
  bar: ProgressBar;
  written: string[];
  at(ms: number): void;
} {
  let now = 0;
  const written: string[] = [];
  const bar = new ProgressBar({ ...options, write: (text) => written.push(text) }, () => now);
  return { bar, written, at: (ms) => (now = ms) };
}

describe('a progress bar', () => {
  test('tells share, count, rate and what is left', () => {
    const { bar, written, at } = terminal();
    at(10_000);
    bar.update({ share: 0.25, label: 'replaying', count: 120, note: '7 in flight' });
    expect(written).toEqual([
      '\r\u001B[Kreplaying [######..................] 25 %  120 (12.0/s)  0:30 left  7 in flight',
    ]);
  });

  test('says nothing where nobody sits', () => {
    const { bar, written } = terminal({});
    bar.update({ share: 0.5, label: 'x' });
    bar.clear();
    expect(written).toEqual([]);
  });

  test('draws ten times a second at most, and takes its line away', () => {
    const { bar, written, at } = terminal();
    for (let ms = 0; ms < 1000; ms += 1) {
      at(ms);
      bar.update({ share: ms / 1000, label: 'x' });
    }
    expect(written).toHaveLength(10);
    bar.clear();
    bar.clear();
    expect(written.slice(10)).toEqual(['\r\u001B[K']);
  });

  test('stays within one line', () => {
    const { bar, written } = terminal({ isTTY: true, columns: 20 });
    bar.update({ share: 1, label: 'something long', note: 'and more' });
    expect(written[0]!.replace('\r\u001B[K', '')).toHaveLength(19);
  });

  test('guesses nothing from the first moments', () => {
    const { bar, written, at } = terminal();
    at(1000);
    bar.update({ share: 0.01, label: 'x' });
    expect(written[0]).not.toContain('left');
  });
});
