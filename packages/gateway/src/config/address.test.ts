import { expect, test } from 'vitest';
import { isLoopback } from './address.ts';

test.each(['localhost', '127.0.0.1', '127.8.9.1', '::1', '0:0:0:0:0:0:0:1', '0000::0001'])(
  '%s is the machine itself',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(['0.0.0.0', '::', '10.0.0.1', 'localhost.example', '127.example', '::2', '', '128.0.0.1', '::ffff:10.0.0.1'])(
  '%j is not',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
