import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRESETS, TIERS, type PresetName } from '@offpeak/core';
import { DIALECTS, type DialectName, type Problem } from '@offpeak/dialects';
import { PROFILES, type ProfileName } from '@offpeak/engine';
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from './problems.ts';
import { ROOT } from './tree.ts';

/** Pages that repeat what the code says are held to it. */
function page(name: string): string {
  return readFileSync(join(ROOT, 'docs', name), 'utf8');
}

/** The cells of every table row whose first cell is in backticks, by that cell. */
function rowsOf(text: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const [line] of text.matchAll(/^\| `[^|]*\|.*\|$/gm)) {
    const [first = '', ...rest] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    rows.set(first.replaceAll('`', ''), rest);
  }
  return rows;
}

function told(dialect: DialectName, problem: Problem): string {
  const { status, body } = DIALECTS[dialect].problem(problem);
  const { code, type } = (JSON.parse(body) as { error: { code: string; type: string } }).error;
  return `${status} \`${code}\` \`${type}\``;
}

function headersOf(problem: Problem): string {
  const names = Object.keys(DIALECTS.openai.problem(problem).headers);
  return names.length === 0 ? '' : names.map((name) => `\`${name}\``).join(', ');
}

describe('docs/errors.md', () => {
  const rows = rowsOf(page('errors.md'));

  test('has every problem and no other', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  test.each(Object.values(PROBLEMS))('$kind is told as it comes', (problem) => {
    const [openai, groq, headers, meaning, remedy] = rows.get(problem.kind)!;
    expect(openai).toBe(told('openai', problem));
    expect(groq).toBe(told('groq', problem) === openai ? 'the same' : told('groq', problem));
    expect(headers).toBe(headersOf(problem));
    expect(meaning).toMatch(/\w{3}/);
    expect(remedy).toMatch(/\w{3}/);
  });
});

/** How each of the other wires tells a problem, in one cell. */
const CELLS: Readonly<Record<'gemini' | 'anthropic' | 'bedrock', (body: string, headers: Headers) => string>> = {
  gemini: (body) => (JSON.parse(body) as { error: { status: string } }).error.status,
  anthropic: (body) => (JSON.parse(body) as { error: { type: string } }).error.type,
  bedrock: (_body, headers) => headers['x-amzn-errortype'] ?? '',
};
type Headers = Readonly<Record<string, string>>;

describe('docs/errors-by-wire.md', () => {
  const rows = rowsOf(page('errors-by-wire.md'));

  test.each(Object.values(PROBLEMS))('$kind is told as it comes', (problem) => {
    const cells = (['gemini', 'anthropic', 'bedrock'] as const).map((wire) => {
      const { status, headers, body } = DIALECTS[wire].problem(problem);
      return `${status} \`${CELLS[wire](body, headers)}\``;
    });
    expect(rows.get(problem.kind)).toEqual(cells);
  });
});

const SECOND_MS = 1_000;
const UNITS = [
  [3_600 * SECOND_MS, 'h'],
  [60 * SECOND_MS, 'min'],
  [SECOND_MS, 's'],
] as const;

function durationOf(ms: number): string {
  const [size, unit] = UNITS.find(([length]) => ms % length === 0) ?? [1, 'ms'];
  return `${ms / size} ${unit}`;
}

describe('docs/tiers.md', () => {
  const rows = rowsOf(page('tiers.md'));

  test.each((Object.keys(PRESETS) as PresetName[]).flatMap((preset) => TIERS.map((tier) => [preset, tier] as const)))(
    'the preset %s has these numbers for %s',
    (preset, tier) => {
      const { patienceMs, priceMultiplier, limits } = PRESETS[preset].tiers[tier];
      const rule = limits.kind === 'own' ? `own, ${limits.timesStandard}x` : limits.kind;
      expect(rows.get(`${preset} ${tier}`)).toEqual([durationOf(patienceMs), `${priceMultiplier}x`, rule]);
    },
  );
});

describe('docs/engine-model.md', () => {
  const text = page('engine-model.md');
  const rows = rowsOf(text);

  test.each(Object.keys(PROFILES) as ProfileName[])('the profile %s has these numbers', (name) => {
    const { costs, kvTokens } = PROFILES[name];
    const numbers =
      costs.form === 'closed'
        ? [costs.fixedMs, costs.weightsMs, costs.perTokenMs, costs.blend, costs.attentionPairMs, costs.contextTokenMs]
        : [costs.decodeFixedMs];
    if (costs.form === 'tabled') numbers.push(costs.perStreamMs, costs.contextTokenMs);
    else numbers.push(costs.perStreamMs);
    const [engine, ...cells] = rows.get(name)!;
    expect(engine).toMatch(/\w{3}/);
    expect(cells.map(Number)).toEqual([...numbers, kvTokens]);
  });

  test('what only some profiles have is told of each of them', () => {
    const told = (Object.keys(PROFILES) as ProfileName[]).flatMap((name) => {
      const { costs } = PROFILES[name];
      if (costs.form !== 'closed' || costs.prefillStep === undefined) return [];
      const { attentionTileTokens, contextSkew, prefillStep } = costs;
      const { fixedMs, contextTokenMs } = prefillStep;
      return `\`${name}\` also has \`tile\` = ${attentionTileTokens}, \`skew\` = ${contextSkew}, \`t1\` = ${fixedMs} and \`k5\` = ${contextTokenMs.toExponential()}.`;
    });
    expect(told).toHaveLength(1);
    for (const sentence of told) expect(text).toContain(sentence);
  });
});
