import { expect, test } from 'vitest';
import { BodyMemory } from './body-memory.ts';

const LARGE = 1_000_000;

test('a body that was given back is used again, and never for two at once', () => {
  const memory = new BodyMemory(LARGE);
  const first = memory.take(LARGE);
  const second = memory.take(LARGE);
  expect(second.buffer).not.toBe(first.buffer);
  memory.give(first);
  const third = memory.take(LARGE - 1);
  expect(third.buffer).toBe(first.buffer);
  expect(third.length).toBe(LARGE - 1);
  expect(memory.take(LARGE).buffer).not.toBe(third.buffer);
});

test('giving back twice, or what was never lent, changes nothing', () => {
  const memory = new BodyMemory(LARGE);
  const body = memory.take(LARGE);
  memory.give(body);
  memory.give(body);
  memory.give(Buffer.alloc(LARGE));
  const again = memory.take(LARGE);
  expect(again.buffer).toBe(body.buffer);
  expect(memory.take(LARGE).buffer).not.toBe(again.buffer);
});

test('small and huge bodies go without', () => {
  const memory = new BodyMemory(LARGE);
  for (const bytes of [10, 17 * 1024 * 1024]) {
    const body = memory.take(bytes);
    memory.give(body);
    expect(body.length).toBe(bytes);
    expect(memory.take(bytes)).not.toBe(body);
  }
});

test('what is kept is bounded', () => {
  const memory = new BodyMemory(LARGE);
  const bodies = Array.from({ length: 20 }, () => memory.take(16 * 1024 * 1024));
  for (const body of bodies) memory.give(body);
  const slabs = new Set(bodies.map(({ buffer }) => buffer));
  const reused = bodies.filter(() => slabs.has(memory.take(16 * 1024 * 1024).buffer));
  expect(reused).toHaveLength(8);
});

test('bodies that are still coming in are bounded together', () => {
  const memory = new BodyMemory(100);
  expect(memory.received(60)).toBe(true);
  expect(memory.received(60)).toBe(false);
  memory.received(-60);
  expect(memory.received(-60) && memory.received(100)).toBe(true);
});
