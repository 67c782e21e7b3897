import { describe, expect, test } from 'vitest';
import { countedSlots, shadowCapacity } from '../capacity/default-capacity.ts';
import { ShadowCapacity } from '../capacity/shadow/shadow-capacity.ts';
import { DEFAULT_SHADOW_SETTINGS, type ShadowSettings } from '../capacity/shadow/shadow-settings.ts';
import { Driver, lines } from './testing/driver.ts';

const STEP_MS = 10;

function shadowed(settings: Partial<ShadowSettings> = {}): Driver {
  return new Driver({ capacity: shadowCapacity(settings) });
}

function firstToken(driver: Driver, id: string): string[] {
  return lines(driver.tell({ kind: 'first-token', id }));
}

/** Steps of equal length, as told by the stream that is followed, until the model is relied upon. */
function untilTrusted(driver: Driver, id: string, from = 0): number {
  let tokens = from;
  while (driver.scheduler.engineView('e')?.model?.trusted !== true) {
    if (tokens > from + 1_000) throw new Error('the model is never trusted');
    tokens += 1;
    driver.at += STEP_MS;
    driver.progress(id, tokens);
  }
  return tokens;
}

describe('the stream that is followed', () => {
  test('is one per engine, until it ends; then it is another', () => {
    const driver = shadowed();
    driver.up('e', 8);
    driver.submit('a', 'standard');
    driver.submit('b', 'standard');
    expect(firstToken(driver, 'a')).toEqual(['watch a']);
    expect(firstToken(driver, 'b')).toEqual([]);
    expect(driver.finish('a')).toEqual(['watch b']);
  });

  test('is none whose client slows it down', () => {
    const driver = shadowed();
    driver.up('e', 8);
    driver.submit('a', 'standard');
    driver.submit('b', 'standard');
    firstToken(driver, 'a');
    firstToken(driver, 'b');
    expect(lines(driver.tell({ kind: 'progress', id: 'a', outputTokens: 3, heldUp: true }))).toEqual(['watch b']);
    expect(driver.finish('b')).toEqual([]);
    driver.submit('c', 'standard');
    expect(firstToken(driver, 'c')).toEqual(['watch c']);
  });

  test('is none that tells nothing before its end, unless an evictable tier serves it', () => {
    const driver = shadowed();
    driver.up('e', 8);
    driver.submit('a', 'standard', { silent: 'interactive' });
    driver.submit('b', 'flex', { silent: true });
    driver.wait(1_000);
    driver.submit('b2', 'flex', { silent: true });
    expect(firstToken(driver, 'b')).toEqual([]);
    driver.wait(1_000);
    driver.submit('c', 'flex', { silent: 'interactive' });
    expect(firstToken(driver, 'c')).toEqual(['watch c']);
  });
});

describe('a prompt of which nothing is told', () => {
  test('is read after some time, without any other event, and flex that waited for it starts', () => {
    const driver = shadowed();
    driver.up('e', 8);
    driver.submit('a', 'standard', { silent: true });
    expect(driver.submit('f', 'flex')).toEqual([]);
    expect(driver.wait(1_000)).toEqual(['start f on e']);
  });

  test('leaves no timer behind when nobody waits', () => {
    const driver = shadowed();
    driver.up('e', 8);
    driver.submit('a', 'standard', { silent: true });
    expect(driver.scheduler.wakeAt()).toBeNull();
  });
});

test('a share of 0 lets no flex in, however little the model knows', () => {
  const driver = shadowed({ flexShare: 0 });
  driver.up('e', 8);
  expect(driver.submit('f', 'flex')).toEqual([]);
  driver.submit('a', 'standard');
  firstToken(driver, 'a');
  untilTrusted(driver, 'a');
  expect(driver.scheduler.depth('m', 'flex')).toBe(1);
});

test('settings that change are followed by models that have learned', () => {
  const settings = { ...DEFAULT_SHADOW_SETTINGS, flexShare: 0 };
  const driver = new Driver({ capacity: (spec) => new ShadowCapacity(countedSlots(spec), settings) });
  driver.up('e', 8);
  driver.submit('a', 'standard');
  firstToken(driver, 'a');
  const tokens = untilTrusted(driver, 'a');
  expect(driver.submit('f', 'flex')).toEqual([]);
  settings.flexShare = 0.5;
  driver.at += STEP_MS;
  expect(driver.progress('a', tokens + 1)).toEqual(['start f on e']);
});

test('settings that change reach an idle engine when it is announced again', () => {
  const settings = { ...DEFAULT_SHADOW_SETTINGS, flexShare: 0 };
  const driver = new Driver({ capacity: (spec) => new ShadowCapacity(countedSlots(spec), settings) });
  driver.up('e', 8);
  expect(driver.submit('f', 'flex')).toEqual([]);
  settings.flexShare = 0.5;
  expect(driver.up('e', 8)).toEqual(['start f on e']);
});

test('an engine with few slots gives them all to flex, one with many keeps some free', () => {
  for (const [slots, taken] of [
    [4, 3],
    [64, 59],
  ] as const) {
    const driver = shadowed({ flexShare: 1 });
    driver.up('e', slots);
    driver.submit('a', 'standard');
    firstToken(driver, 'a');
    untilTrusted(driver, 'a');
    for (let index = 0; index < slots; index += 1) {
      driver.submit(`f${String(index)}`, 'flex');
      firstToken(driver, `f${String(index)}`);
    }
    expect(driver.scheduler.engineView('e')?.runningByTier.flex).toBe(taken);
  }
});

test('what work costs is told once the model is relied upon', () => {
  const driver = shadowed();
  driver.up('e', 8);
  driver.submit('a', 'standard');
  firstToken(driver, 'a');
  expect(driver.scheduler.engineView('e')?.costs).toBeNull();
  untilTrusted(driver, 'a');
  const { costs, stepMs } = driver.scheduler.engineView('e')!;
  expect(stepMs).toBeCloseTo(STEP_MS, 0);
  expect(costs!.workShare).toBeCloseTo(1 - STEP_MS / DEFAULT_SHADOW_SETTINGS.slo.tpotMs, 1);
});
