import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Driver, lines } from './testing/driver.ts';

const OVERFLOW = { rank: 1 } as const;

function startsOn(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('start')).map((line) => line.split(' ')[3]!);
}

test('engines of a higher rank get what those of a lower one cannot take now', () => {
  const driver = new Driver();
  driver.up('far', 4, { place: OVERFLOW });
  driver.up('near', 1);
  expect(driver.submit('s1', 'standard')).toEqual(['start s1 on near']);
  expect(driver.submit('s2', 'standard')).toEqual(['start s2 on far']);
  driver.finish('s1');
  expect(driver.submit('s3', 'standard')).toEqual(['start s3 on near']);
});

test('an engine of a higher rank that comes free leaves a ticket to a lower one that has room', () => {
  const driver = new Driver();
  driver.up('near', 1);
  driver.up('far', 1, { place: OVERFLOW });
  driver.submit('s1', 'standard');
  driver.submit('s2', 'standard');
  driver.submit('s3', 'standard');
  expect(driver.finish('s2')).toEqual(['start s3 on far']);
  driver.submit('s4', 'standard');
  expect(driver.finish('s1')).toEqual(['start s4 on near']);
});

test('a lower rank that is down, paused or does not take the tier keeps nothing back', () => {
  const driver = new Driver();
  driver.up('near', 4, { tiers: ['standard'] });
  driver.up('far', 9, { place: OVERFLOW });
  expect(driver.submit('f1', 'flex')).toEqual(['start f1 on far']);
  driver.submit('s1', 'standard');
  expect(driver.stopped('s1', 'bounced')).toEqual(['start s1 on far again']);
  expect(driver.submit('s2', 'standard')).toEqual(['start s2 on far']);
  driver.wait(1_000);
  expect(driver.submit('s3', 'standard')).toEqual(['start s3 on near']);
  driver.tell({ kind: 'engine-down', engine: 'near' });
  expect(driver.submit('s4', 'standard')).toEqual(['start s4 on far']);
});

test('an interactive ticket waits for room that evictable work makes, instead of going where it costs more', () => {
  const driver = new Driver();
  driver.up('near', 1);
  driver.up('far', 4, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  expect(driver.submit('s1', 'standard')).toEqual(['evict f1 from near']);
  // Neither does it go there for what happens meanwhile.
  expect(driver.tell({ kind: 'tick' })).toEqual([]);
  expect(driver.stopped('f1')).toEqual(['start s1 on near', 'start f1 on far again']);
});

test('flex goes where it costs more at once', () => {
  const driver = new Driver();
  driver.up('near', 1);
  driver.up('far', 1, { place: OVERFLOW });
  expect(driver.submit('f1', 'flex')).toEqual(['start f1 on near']);
  expect(driver.submit('f2', 'flex')).toEqual(['start f2 on far']);
});

test('an eviction that does not come in time is not waited for any longer', () => {
  const driver = new Driver({ limits: { evictionConfirmMsMax: 5_000 } });
  driver.up('near', 1);
  driver.up('far', 1, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  driver.submit('s1', 'standard');
  expect(driver.wait(4_999)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start s1 on far']);
});

test('a ticket without patience goes where it costs more when that eviction does not come', () => {
  const driver = new Driver({ limits: { evictionConfirmMsMax: 5_000 } });
  driver.up('near', 1);
  driver.up('far', 1, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  expect(driver.submit('s1', 'standard', { patienceMs: 0 })).toEqual(['evict f1 from near']);
  expect(driver.wait(5_000)).toEqual(['start s1 on far']);
});

test('without patience, and without an eviction for it, a ticket goes there at once', () => {
  const driver = new Driver({ limits: { evictionsPerEngineMax: 1 } });
  driver.up('near', 2);
  driver.up('far', 1, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  driver.submit('f2', 'flex');
  expect(driver.submit('s1', 'standard', { patienceMs: 0 })).toEqual(['evict f2 from near']);
  // One of the two has to go on, and the eviction is for the other.
  expect(driver.submit('s2', 'standard', { patienceMs: 0 })).toEqual(['start s1 on far']);
  expect(driver.stopped('f2')).toEqual(['start s2 on near']);
});

test('a ticket that can wait no longer does not wait for those before it either', () => {
  const driver = new Driver();
  driver.up('near', 2);
  driver.up('far', 9, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  driver.submit('f2', 'flex');
  expect(driver.submit('p1', 'priority')).toEqual(['evict f2 from near']);
  expect(driver.submit('s1', 'standard', { patienceMs: 100 })).toEqual(['evict f1 from near']);
  expect(driver.wait(100)).toEqual(['start p1 on far', 'start s1 on far']);
});

test('patience that ends while room is made ends in the place that costs more', () => {
  const driver = new Driver();
  driver.up('near', 1);
  driver.up('far', 1, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  driver.submit('s1', 'standard', { patienceMs: 300 });
  expect(driver.wait(299)).toEqual([]);
  expect(driver.wait(1)).toEqual(['start s1 on far']);
});

test('more than evictable work makes room for goes on at once', () => {
  const driver = new Driver();
  driver.up('near', 2);
  driver.up('far', 9, { place: OVERFLOW });
  driver.submit('f1', 'flex');
  driver.submit('h1', 'standard');
  expect(driver.submit('s1', 'standard')).toEqual(['evict f1 from near']);
  // One of the two has to go there, and it is the first that is asked.
  expect(driver.submit('s2', 'standard')).toEqual(['start s1 on far']);
  expect(driver.stopped('f1')).toEqual(['start s2 on near', 'start f1 on far again']);
});

test('work that turns out not to give way is not waited for', () => {
  const driver = new Driver({ limits: { evictionsPerEngineMax: 1 } });
  driver.up('near', 2);
  driver.up('far', 9, { place: OVERFLOW });
  driver.submit('f1', 'flex', { continuation: 'restart' });
  driver.submit('f2', 'flex', { continuation: 'restart' });
  expect(driver.submit('s1', 'standard')).toEqual(['evict f2 from near']);
  expect(driver.submit('s2', 'standard')).toEqual([]);
  expect(lines(driver.tell({ kind: 'committed', id: 'f1' }))).toEqual(['start s1 on far']);
  expect(driver.stopped('f2')).toEqual(['start s2 on near', 'start f2 on far again']);
});

test('evictions are asked of the lowest rank that has something to give', () => {
  const driver = new Driver();
  driver.up('first', 1, { tiers: ['standard'] });
  driver.up('second', 1, { place: { rank: 1 } });
  driver.up('third', 1, { place: { rank: 2 } });
  driver.submit('s1', 'standard');
  driver.submit('f1', 'flex');
  driver.submit('f2', 'flex', { inputTokens: 1 });
  expect(driver.submit('s2', 'standard')).toEqual(['evict f1 from second']);
});

test('each model has places of its own', () => {
  const driver = new Driver();
  const capacity = { slots: 9 };
  driver.tell({
    kind: 'engine-up',
    engine: 'e',
    models: ['m', 'n'],
    capacity,
    places: { m: { rank: 1 }, n: { rank: 0 } },
  });
  driver.tell({ kind: 'engine-up', engine: 'f', models: ['m', 'n'], capacity, places: { n: { rank: 1 } } });
  expect(driver.submit('a', 'standard')).toEqual(['start a on f']);
  expect(driver.submit('b', 'standard', { model: 'n' })).toEqual(['start b on e']);
});

test('starts are shared by weight, in even steps', () => {
  const driver = new Driver();
  driver.up('big', 99, { place: { rank: 0, weight: 3 } });
  driver.up('small', 99, { place: { rank: 0, weight: 1 } });
  const starts = Array.from({ length: 8 }, (_, index) => driver.submit(`s${String(index)}`, 'standard')).flatMap(
    startsOn,
  );
  expect(starts.join(' ')).toBe('big small big big big small big big');
});

test('each tier is shared by itself', () => {
  const driver = new Driver();
  driver.up('a', 99, { place: { rank: 0, weight: 1 } });
  driver.up('b', 99, { tiers: ['standard'], place: { rank: 0, weight: 1 } });
  for (let index = 0; index < 10; index += 1) driver.submit(`f${String(index)}`, 'flex');
  expect(startsOn([...driver.submit('s1', 'standard'), ...driver.submit('s2', 'standard')])).toEqual(['a', 'b']);
});

test('what an engine could not take when its turn came is not made up for', () => {
  const driver = new Driver();
  driver.up('a', 1, { place: { rank: 0, weight: 1 } });
  driver.up('b', 99, { place: { rank: 0, weight: 1 } });
  const starts = Array.from({ length: 9 }, (_, index) => driver.submit(`s${String(index)}`, 'standard')).flatMap(
    startsOn,
  );
  expect(starts.filter((engine) => engine === 'b')).toHaveLength(8);
  driver.up('a', 99, { place: { rank: 0, weight: 1 } });
  const later = Array.from({ length: 6 }, (_, index) => driver.submit(`t${String(index)}`, 'standard')).flatMap(
    startsOn,
  );
  expect(later.filter((engine) => engine === 'a')).toHaveLength(4);
});

test('an engine without a weight comes after those of its rank that have one', () => {
  const driver = new Driver();
  driver.up('plain', 9);
  driver.up('weighed', 1, { place: { rank: 0, weight: 1 } });
  expect(startsOn([...driver.submit('s1', 'standard'), ...driver.submit('s2', 'standard')])).toEqual([
    'weighed',
    'plain',
  ]);
});

test('whatever the weights, everybody has had a share that is off by no more than one start', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 100 }),
      (weights, count) => {
        const driver = new Driver();
        weights.forEach((weight, index) => driver.up(`e${String(index)}`, 1_000, { place: { rank: 0, weight } }));
        const had = weights.map(() => 0);
        for (let index = 0; index < count; index += 1) {
          const [engine] = startsOn(driver.submit(`s${String(index)}`, 'standard'));
          had[Number(engine!.slice(1))]! += 1;
        }
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        // Least had goes first: nobody is more than a start ahead of its share, so that nobody is far behind.
        weights.forEach((weight, index) => {
          expect(had[index]!).toBeLessThan((count * weight) / total + 1 + 1e-9);
        });
      },
    ),
  );
});
