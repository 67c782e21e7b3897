import { describe, expect, it } from 'vitest';
import { runName, trafficName } from './cases.ts';
import { parseOptions } from './options.ts';
import { effort, planned, type Wish } from './plan.ts';

function wishOf(...argv: readonly string[]): Wish {
  return parseOptions(argv)!.wish;
}

describe('planned', () => {
  it('has every policy in every case with every seed, beside the traffic alone, and nothing twice', () => {
    const specs = planned(wishOf('--parts', 'grid', '--seeds', '2', '--traces', 'azure-code,diurnal'));
    const grid = 2 * 3 * 3 * 2;
    expect(specs).toHaveLength(grid * 9);
    expect(new Set(specs.map(runName)).size).toBe(specs.length);
    expect(specs.filter(({ policy }) => policy === null)).toHaveLength(grid);
  });

  it('runs the oracle whether or not it was asked for: what others win is told as a share of it', () => {
    const specs = planned(wishOf('--parts', 'grid', '--policies', 'static', '--quick', '--loads', '0.5'));
    expect(new Set(specs.map(({ policy }) => policy))).toEqual(new Set([null, 'static', 'oracle']));
  });

  it('shares runs between the parts that need the same ones', () => {
    const together = planned(wishOf('--quick')).length;
    const apart = (['grid', 'burst', 'model', 'frontier'] as const).map((part) =>
      planned(wishOf('--quick', '--parts', part)),
    );
    expect(together).toBeLessThan(apart.flat().length);
    expect(together).toBe(new Set(apart.flat().map(runName)).size);
  });

  it('has a burst with and without flex, at its own load and on the subset alone', () => {
    const specs = planned(wishOf('--parts', 'burst', '--loads', '0.25', '--seeds', '1'));
    expect(new Set(specs.map(({ load }) => load))).toEqual(new Set([0.5]));
    expect(specs.every(({ burst, engines }) => burst === true && engines < 16)).toBe(true);
    expect(specs.filter(({ policy }) => policy === null)).toHaveLength(specs.length / 2);
  });

  it('keeps runs of the same traffic together and begins with the longest', () => {
    const names = planned(wishOf()).map(trafficName);
    const changes = names.filter((name, index) => name !== names[index - 1]).length;
    expect(changes).toBe(new Set(names).size);
    const efforts = planned(wishOf()).map(effort);
    expect(efforts).toEqual(efforts.toSorted((one, other) => other - one));
  });
});

describe('options', () => {
  it('take one share for everything, and several for the frontier', () => {
    expect(wishOf('--share', '0.3').flexShare).toBe(0.3);
    const several = wishOf('--share', '0.1,0.3');
    expect(several.shares).toEqual([0.1, 0.3]);
    expect('flexShare' in several).toBe(false);
    const shares = planned(wishOf('--share', '0.1,0.3', '--parts', 'frontier')).map(({ flexShare }) => flexShare);
    expect(new Set(shares)).toEqual(new Set([undefined, 0.1, 0.3]));
  });

  it.each([
    [['--policies', 'magic'], /--policies knows no 'magic'; allowed: offpeak, aimd/],
    [['--traces', 'nowhere'], /--traces knows no 'nowhere'; allowed: azure-conversation/],
    [['--engines', '0'], /--engines takes numbers from 1/],
    [['--seeds', '1,2'], /--seeds takes how many/],
    [['--share', '2'], /--share takes numbers from/],
    [['--profile', 'h900'], /--profile knows no 'h900'; allowed: .*h100-8b/],
    [['--nonsense'], /--nonsense/],
  ])('%j is wrong use', (argv, why) => {
    expect(() => parseOptions(argv)).toThrow(why);
  });
});
