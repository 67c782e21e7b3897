import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Driver } from '../testing/driver.ts';
import { FairShares } from './fair-shares.ts';

const OUTPUT_MAX = 100;
const INPUT_MAX = 200;

test('projects that always have work are served alike, up to what the tickets in flight can cost', () => {
  const sizes = fc.record({
    inputTokens: fc.integer({ min: 1, max: INPUT_MAX }),
    outputTokens: fc.integer({ min: 1, max: OUTPUT_MAX }),
  });
  const slots = 3;
  fc.assert(
    fc.property(
      fc.array(sizes, { minLength: 60, maxLength: 200 }),
      fc.integer({ min: 2, max: 4 }),
      (tickets, projects) => {
        const driver = new Driver();
        const served = new Map<string, number>();
        const sizeOf = new Map<string, { project: string; inputTokens: number; outputTokens: number }>();
        // Everything waits before the first slot opens, so that nobody runs dry for long.
        tickets.forEach((size, index) => {
          const project = String(index % projects);
          const id = `t${String(index)}`;
          sizeOf.set(id, { project, ...size });
          driver.submit(id, 'flex', { project, inputTokens: size.inputTokens, outputTokensMax: OUTPUT_MAX });
        });
        const running: string[] = driver.up('e', slots).map(idOf);
        const waiting = new Map<string, number>();
        for (const { project } of sizeOf.values()) {
          waiting.set(project, (waiting.get(project) ?? 0) + 1);
        }
        running.forEach((id) => waiting.set(sizeOf.get(id)!.project, waiting.get(sizeOf.get(id)!.project)! - 1));
        while ([...waiting.values()].every((count) => count > 0)) {
          const id = running.shift()!;
          const { project, inputTokens, outputTokens } = sizeOf.get(id)!;
          served.set(project, (served.get(project) ?? 0) + inputTokens + 2 * outputTokens);
          const decisions = driver.tell({ kind: 'finish', id, outcome: 'completed', inputTokens, outputTokens });
          for (const decision of decisions) {
            running.push(decision.id);
            const next = sizeOf.get(decision.id)!.project;
            waiting.set(next, waiting.get(next)! - 1);
          }
        }
        const totals = Array.from({ length: projects }, (_, project) => served.get(String(project)) ?? 0);
        const bound = 2 * slots * (INPUT_MAX + 2 * OUTPUT_MAX);
        expect(Math.max(...totals) - Math.min(...totals)).toBeLessThanOrEqual(bound);
      },
    ),
  );
});

test('a project that comes back is level with those who wait, and owes at most the maximum debt', () => {
  const shares = new FairShares({ fairnessDebtMax: 100, idleProjectsMax: 10 });
  const [busy, spender, idler] = ['busy', 'spender', 'idler'].map((name) => shares.account(name));
  shares.enqueued(busy!);
  shares.charge(busy!, 1_000);
  shares.charge(spender!, 50_000);
  shares.enqueued(spender!);
  shares.enqueued(idler!);
  expect([busy!.served, spender!.served, idler!.served]).toEqual([1_000, 1_100, 1_000]);
});

test('accounts without tickets are bounded', () => {
  const shares = new FairShares({ fairnessDebtMax: 100, idleProjectsMax: 2 });
  const accounts = ['a', 'b', 'c'].map((name) => {
    const account = shares.account(name);
    shares.charge(account, 10);
    shares.ended(account);
    return account;
  });
  expect(shares.account('a')).not.toBe(accounts[0]);
  expect(shares.account('b')).toBe(accounts[1]);
  expect(shares.account('c')).toBe(accounts[2]);
});

function idOf(line: string): string {
  return line.split(' ')[1]!;
}
