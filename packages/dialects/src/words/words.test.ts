import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goDuration, goDurationMs } from './duration.ts';
import { callerRetries, retryAfter, unattendedRetryMsMax } from './retry.ts';

describe('goDuration', () => {
  test.each([
    [0, '0s'],
    [-5, '0s'],
    [0.2, '1ms'],
    [4, '4ms'],
    [547, '547ms'],
    [999, '999ms'],
    [999.4, '1s'],
    [1_000, '1s'],
    [5_289, '5.289s'],
    [7_660, '7.66s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [179_560, '2m59.56s'],
    [360_000, '6m0s'],
    [432_000, '7m12s'],
    [3_600_000, '1h0m0s'],
    [86_399_001, '23h59m59.001s'],
    [172_800_000, '48h0m0s'],
  ])('%d ms is %s', (ms, text) => {
    expect(goDuration(ms)).toBe(text);
  });

  test('reads back as the same duration', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 * 86_400_000 }), (ms) => {
        const parts = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:(\d+)ms)?$/.exec(goDuration(ms))!;
        const [hours, minutes, seconds, millis] = parts.slice(1).map((part) => Number(part ?? 0));
        expect(Math.round(hours! * 3_600_000 + minutes! * 60_000 + seconds! * 1_000 + millis!)).toBe(ms);
      }),
    );
  });
});

describe('retry hints', () => {
  test('are whole seconds that never come early, and exact milliseconds', () => {
    expect(retryAfter(1_200.4)).toEqual({ 'retry-after': '2', 'retry-after-ms': '1201' });
    expect(retryAfter(0)).toEqual({ 'retry-after': '1', 'retry-after-ms': '1' });
  });

  test('beyond what an SDK should sleep by itself leave the decision to the caller', () => {
    expect(retryAfter(unattendedRetryMsMax)['x-should-retry']).toBeUndefined();
    expect(retryAfter(unattendedRetryMsMax + 1)).toEqual({
      'retry-after': '61',
      'retry-after-ms': '60001',
      'x-should-retry': 'false',
    });
  });

  test('of a wait that never ends promise nothing', () => {
    expect(retryAfter(Number.POSITIVE_INFINITY)).toEqual({ 'x-should-retry': 'false' });
    expect(callerRetries(Number.POSITIVE_INFINITY)).toEqual({ 'x-should-retry': 'false' });
  });
});

describe('goDurationMs', () => {
  test('reads what goDuration writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 * 86_400_000 }), (ms) => {
        expect(Math.round(goDurationMs(goDuration(ms))!)).toBe(ms);
      }),
    );
  });

  test.each([
    ['2m59.56s', 179_560],
    ['250us', 0.25],
    ['1h', 3_600_000],
    ['', undefined],
    ['5', undefined],
    ['soon', undefined],
    ['-5s', undefined],
    ['1.2.3s', undefined],
  ])('%j is %s ms', (text, ms) => {
    expect(goDurationMs(text)).toBe(ms);
  });
});
