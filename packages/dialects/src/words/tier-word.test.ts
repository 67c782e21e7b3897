import { TIERS } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import { DIALECTS } from '../dialects.ts';
import type { DialectName } from '../dialect.ts';
import { resolveTierWord } from './tier-word.ts';

describe.each<[DialectName, Record<string, string>]>([
  [
    'openai',
    {
      auto: 'auto',
      default: 'standard',
      flex: 'flex',
      priority: 'priority',
      fast: 'priority',
      scale: 'standard',
      standard: 'standard',
    },
  ],
  [
    'groq',
    {
      auto: 'auto',
      on_demand: 'standard',
      flex: 'flex',
      performance: 'priority',
      default: 'standard',
      standard: 'standard',
      priority: 'priority',
    },
  ],
])('%s', (dialect, words) => {
  test.each(Object.entries(words))('%s asks for %s', (word, tier) => {
    expect(resolveTierWord(DIALECTS[dialect], word)).toBe(tier);
  });

  test('null and absence say nothing', () => {
    expect(resolveTierWord(DIALECTS[dialect], null)).toBe('unset');
    expect(resolveTierWord(DIALECTS[dialect], undefined)).toBe('unset');
  });

  test.each(['', 'Flex', ' flex', 'ultrafast', 'reserved', 'toString', '__proto__'])('%j is unknown', (word) => {
    const allowed = DIALECTS[dialect].tierWords;
    expect(resolveTierWord(DIALECTS[dialect], word)).toEqual({ kind: 'unknown-tier', word, allowed });
  });

  test('batch is pointed to flex', () => {
    expect(resolveTierWord(DIALECTS[dialect], 'batch')).toMatchObject({ kind: 'tier-not-served', tier: 'batch' });
  });

  test('every offered word is understood, and every served word asks for the tier that it names', () => {
    for (const word of DIALECTS[dialect].tierWords) expect(resolveTierWord(DIALECTS[dialect], word)).toBe(words[word]);
    for (const tier of TIERS) {
      if (tier !== 'batch') expect(resolveTierWord(DIALECTS[dialect], DIALECTS[dialect].servedWord(tier))).toBe(tier);
    }
  });
});

test('a word whose price differs between the wires is not taken on the other one', () => {
  expect(resolveTierWord(DIALECTS.openai, 'performance')).toMatchObject({ kind: 'unknown-tier' });
  expect(resolveTierWord(DIALECTS.groq, 'fast')).toMatchObject({ kind: 'unknown-tier' });
});
