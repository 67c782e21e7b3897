import { expect, test } from 'vitest';
import { SSE } from './form.ts';
import { Unfinished } from './unfinished.ts';

test('what waits is looked at again when an event may have ended, and is all there', () => {
  const unfinished = new Unfinished();
  expect(unfinished.with(Buffer.from('data: '), SSE.mayEnd)?.toString()).toBe('data: ');
  unfinished.keep(Buffer.from('data: '));
  let looked = 0;
  for (let i = 0; i < 1_000; i += 1) if (unfinished.with(Buffer.from(`${i},`), SSE.mayEnd) !== null) looked += 1;
  expect(looked).toBe(0);
  const text = `data: ${Array.from({ length: 1_000 }, (_, i) => `${i},`).join('')}`;
  expect(unfinished.size).toBe(text.length);
  expect(unfinished.with(Buffer.from('end\n'), SSE.mayEnd)?.toString()).toBe(`${text}end\n`);
  expect(unfinished.size).toBe(0);
  expect(unfinished.with(Buffer.from('next'), SSE.mayEnd)?.toString()).toBe('next');
});

test('it keeps no view of what it was given', () => {
  const unfinished = new Unfinished();
  const bytes = Buffer.from('data: a');
  unfinished.keep(bytes);
  unfinished.with(bytes, SSE.mayEnd);
  bytes.fill(0);
  expect(unfinished.with(Buffer.from('\n'), SSE.mayEnd)?.toString()).toBe('data: adata: a\n');
});
