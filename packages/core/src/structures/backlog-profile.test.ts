import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BacklogProfile } from './backlog-profile.ts';

test('it sums min(backlog, level) over projects, as adding them up one by one does', () => {
  const step = fc.record({ project: fc.nat(8), grows: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.nat(120), (steps, level) => {
      const profile = new BacklogProfile();
      const backlogs = new Array<number>(9).fill(0);
      for (const { project, grows } of steps) {
        if (grows) {
          backlogs[project]! += 1;
          profile.grew(backlogs[project]!);
        } else if (backlogs[project]! > 0) {
          profile.shrank(backlogs[project]!);
          backlogs[project]! -= 1;
        }
      }
      const expected = backlogs.reduce((sum, backlog) => sum + Math.min(backlog, level), 0);
      expect(profile.within(level)).toBe(expected);
    }),
  );
});
