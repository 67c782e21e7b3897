import { expect, test } from 'vitest';
import { readEnding } from './finish.ts';

test.each(['constructor', '__proto__', 'toString', 'eos', '', null, 7])(
  'the reason %j is an own way to be done',
  (finish) => {
    expect(readEnding(finish, null, new Set())).toEqual({ stop: 'end' });
  },
);
