import { describe, expect, test } from 'vitest';
import { Driver } from './testing/driver.ts';

describe('a ticket that is tied to an engine for its cache', () => {
  const tied = { engines: ['f'], enginesForCache: true };

  test('goes elsewhere when that engine gives up its model', () => {
    const driver = new Driver();
    driver.up('e', 1);
    driver.up('f', 1);
    driver.submit('busy', 'standard', { engines: ['f'] });
    expect(driver.submit('t', 'standard', tied)).toEqual([]);
    expect(driver.up('f', 1, { models: ['other'] })).toEqual(['start t on e']);
  });

  test('goes elsewhere when it runs there meanwhile and is lost', () => {
    const driver = new Driver();
    driver.up('e', 1);
    driver.up('f', 1);
    driver.submit('t', 'flex', tied);
    driver.up('f', 1, { models: ['other'] });
    expect(driver.stopped('t', 'evicted')).toEqual(['start t on e again']);
  });

  test('does not wait for one that is not there', () => {
    const driver = new Driver();
    driver.up('e', 1);
    expect(driver.submit('t', 'standard', tied)).toEqual(['start t on e']);
    driver.up('f', 1);
    driver.submit('busy', 'standard', { engines: ['f'] });
    expect(driver.submit('u', 'standard', tied)).toEqual([]);
  });
});
