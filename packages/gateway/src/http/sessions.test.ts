import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SESSION_IDLE_MS_MAX, Sessions, type SessionBinding } from './sessions.ts';

function binding(usedAt: number, upstream = 'gpu-0'): SessionBinding {
  return { requested: 'standard', tier: 'standard', upstream, usedAt };
}

test('a session is its project’s alone, and is forgotten when it is not used', () => {
  const sessions = new Sessions();
  sessions.bind('a', 's', binding(0, 'gpu-0'));
  sessions.bind('b', 's', binding(0, 'gpu-1'));
  expect(sessions.get('a', 's', 1)?.upstream).toBe('gpu-0');
  expect(sessions.get('b', 's', SESSION_IDLE_MS_MAX)?.upstream).toBe('gpu-1');
  expect(sessions.get('a', 's', SESSION_IDLE_MS_MAX + 2)).toBeUndefined();
  expect(sessions.get('b', 's', SESSION_IDLE_MS_MAX + 2)?.upstream).toBe('gpu-1');
  expect(sessions.size).toBe(1);
});

test('whoever makes sessions without end pushes out its own', () => {
  const sessions = new Sessions(10);
  for (const session of ['x', 'y', 'z']) sessions.bind('quiet', session, binding(0));
  for (let index = 0; index < 1_000; index += 1) sessions.bind('loud', `${index}`, binding(0));
  for (const session of ['x', 'y', 'z']) expect(sessions.get('quiet', session, 0)).toBeDefined();
  expect(sessions.get('loud', '992', 0)).toBeUndefined();
  expect(sessions.get('loud', '993', 0)).toBeDefined();
});

test('of one project the least recently used one goes', () => {
  const sessions = new Sessions(2);
  sessions.bind('a', '1', binding(0));
  sessions.bind('a', '2', binding(0));
  sessions.get('a', '1', 1);
  sessions.bind('a', '3', binding(2));
  expect(['1', '2', '3'].filter((session) => sessions.get('a', session, 3) !== undefined)).toEqual(['1', '3']);
});

test('there are never more than there may be, and nobody with fewer than its share loses one', () => {
  const use = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 20 }));
  fc.assert(
    fc.property(fc.array(use, { maxLength: 200 }), (uses) => {
      const max = 12;
      const sessions = new Sessions(max);
      const made = new Map<string, Set<number>>();
      for (const [project, session] of uses) {
        sessions.bind(project, `${session}`, binding(0));
        made.set(project, (made.get(project) ?? new Set()).add(session));
        expect(sessions.size).toBeLessThanOrEqual(max);
      }
      for (const [project, all] of made) {
        const kept = [...all].filter((session) => sessions.get(project, `${session}`, 0) !== undefined);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(all.size, max / 3));
      }
    }),
  );
});
