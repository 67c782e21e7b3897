import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool } from './block-pool.ts';

describe('BlockPool', () => {
  it('overwrites the block that was free the longest', () => {
    const pool = new BlockPool(3);
    const [a, b, c] = [pool.take(), pool.take(), pool.take()];
    pool.release(b);
    pool.release(a);
    pool.release(c);
    expect([pool.take(), pool.take(), pool.take()]).toEqual([b, a, c]);
  });

  it('finds content until its block is overwritten', () => {
    const pool = new BlockPool(2);
    const block = pool.take();
    pool.remember(block, 7);
    pool.release(block);
    expect(pool.find(7)).toBe(block);
    pool.share(block);
    expect(pool.freeBlocks).toBe(1);
    pool.release(block);
    pool.take();
    pool.take();
    expect(pool.find(7)).toBeUndefined();
  });

  it('refuses to release a block twice and to give what it does not have', () => {
    const pool = new BlockPool(1);
    const block = pool.take();
    expect(() => pool.take()).toThrow('empty');
    pool.release(block);
    expect(() => pool.release(block)).toThrow('twice');
  });

  it('agrees with a plain list of free blocks under any use', () => {
    const operation = fc.record({ kind: fc.constantFrom('take', 'release', 'remember', 'share'), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const pool = new BlockPool(8);
        const free = [0, 1, 2, 3, 4, 5, 6, 7];
        const held: number[] = [];
        const content = new Map<number, number>();
        for (const { kind, pick } of operations) {
          if (kind === 'take' && free.length > 0) {
            const block = free.shift()!;
            for (const [key, where] of content) if (where === block) content.delete(key);
            expect(pool.take()).toBe(block);
            held.push(block);
          } else if (kind === 'release' && held.length > 0) {
            const [block] = held.splice(pick % held.length, 1);
            pool.release(block!);
            if (!held.includes(block!)) free.push(block!);
          } else if (kind === 'remember' && held.length > 0) {
            const block = held[pick % held.length]!;
            const key = pick % 11;
            pool.remember(block, key);
            if (!content.has(key) && ![...content.values()].includes(block)) content.set(key, block);
          } else if (kind === 'share') {
            const key = pick % 11;
            expect(pool.find(key)).toBe(content.get(key));
            const block = content.get(key);
            if (block === undefined) continue;
            pool.share(block);
            held.push(block);
            if (free.includes(block)) free.splice(free.indexOf(block), 1);
          }
          expect(pool.freeBlocks).toBe(free.length);
        }
      }),
    );
  });

  it('counts blocks that need no number, and overwrites in the same order with them', () => {
    const pool = new BlockPool(4);
    const cached = pool.take();
    pool.remember(cached, 7);
    pool.takeCount(3);
    pool.releaseCount(2);
    pool.release(cached);
    pool.releaseCount(1);
    expect(pool.freeBlocks).toBe(4);
    pool.takeCount(2);
    expect(pool.find(7)).toBe(cached);
    pool.takeCount(1);
    expect(pool.find(7)).toBeUndefined();
    expect(() => pool.takeCount(2)).toThrow('empty');
    expect(pool.freeBlocks).toBe(1);
  });

  it('agrees with a plain list of free space under any use of numbers and counts', () => {
    const kinds = ['take', 'takeCount', 'release', 'releaseCount', 'remember', 'share'] as const;
    const operation = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const pool = new BlockPool(8);
        /** Key of each free block, null where it has none. */
        const free: (number | null)[] = Array.from({ length: 8 }, () => null);
        const held: { readonly block: number; key: number | null }[] = [];
        let counted = 0;
        const isKnown = (key: number): boolean => free.includes(key) || held.some((one) => one.key === key);
        for (const { kind, pick } of operations) {
          const holder = held[pick % Math.max(1, held.length)];
          const key = pick % 7;
          if (kind === 'take' && free.length > 0) {
            free.shift();
            const block = pool.take();
            expect(held.some((one) => one.block === block)).toBe(false);
            held.push({ block, key: null });
          } else if (kind === 'takeCount') {
            const count = pick % (free.length + 1);
            free.splice(0, count);
            pool.takeCount(count);
            counted += count;
          } else if (kind === 'releaseCount') {
            const count = pick % (counted + 1);
            free.push(...Array.from({ length: count }, () => null));
            pool.releaseCount(count);
            counted -= count;
          } else if (kind === 'release' && holder !== undefined) {
            held.splice(held.indexOf(holder), 1);
            pool.release(holder.block);
            if (!held.some((one) => one.block === holder.block)) free.push(holder.key);
          } else if (kind === 'remember' && holder !== undefined) {
            pool.remember(holder.block, key);
            if (holder.key === null && !isKnown(key)) {
              for (const one of held) if (one.block === holder.block) one.key = key;
            }
          } else if (kind === 'share') {
            const block = pool.find(key);
            expect(block !== undefined).toBe(isKnown(key));
            if (block === undefined) continue;
            pool.share(block);
            held.push({ block, key });
            if (free.includes(key)) free.splice(free.indexOf(key), 1);
          }
          expect(pool.freeBlocks).toBe(free.length);
        }
      }),
    );
  });
});
