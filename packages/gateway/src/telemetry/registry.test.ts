import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CELLS_MAX, Registry } from './registry.ts';

test('the text of each kind of metric', () => {
  const registry = new Registry();
  const requests = registry.counter({ name: 'a_total', help: 'All.', labels: ['model', 'tier'] });
  requests.labels({ model: 'm', tier: 'flex' }).inc();
  requests.labels({ tier: 'flex', model: 'm' }).inc(2);
  registry.counter({ name: 'usd_total', help: 'Money.', labels: [], scale: 1e-9 }).labels({}).inc(1_500_000_000);
  registry.gauge({ name: 'g', help: 'Now.', labels: [] }).labels({}).set(-0.5);
  const seconds = registry.histogram({ name: 's', help: 'Time.', labels: ['tier'], buckets: [0.1, 1] });
  for (const value of [0.1, 0.05, 1, 1.5]) seconds.labels({ tier: 'flex' }).observe(value);
  expect(registry.expose()).toBe(
    [
      '# HELP a_total All.',
      '# TYPE a_total counter',
      'a_total{model="m",tier="flex"} 3',
      '# HELP usd_total Money.',
      '# TYPE usd_total counter',
      'usd_total 1.5',
      '# HELP g Now.',
      '# TYPE g gauge',
      'g -0.5',
      '# HELP s Time.',
      '# TYPE s histogram',
      's_bucket{tier="flex",le="0.1"} 2',
      's_bucket{tier="flex",le="1"} 3',
      's_bucket{tier="flex",le="+Inf"} 4',
      's_sum{tier="flex"} 2.65',
      's_count{tier="flex"} 4',
      '',
    ].join('\n'),
  );
});

test('a metric without labels is there before it is used', () => {
  const registry = new Registry();
  registry.counter({ name: 'a_total', help: '', labels: [] });
  expect(registry.expose()).toContain('\na_total 0\n');
});

test('label values and help texts cannot break a line or a quote', () => {
  const registry = new Registry();
  const counter = registry.counter({ name: 'a', help: 'a\nb\\', labels: ['m'] });
  counter.labels({ m: 'x"} 1\ny\\' }).inc();
  expect(registry.expose()).toBe('# HELP a a\\nb\\\\\n# TYPE a counter\na{m="x\\"} 1\\ny\\\\"} 1\n');
});

test('any label value stays on its line, and different values stay different', () => {
  const value = fc.oneof(fc.string(), fc.stringMatching(/^["\\\n,=a]{0,6}$/));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(value, value), { maxLength: 8, selector: (pair) => JSON.stringify(pair) }),
      (pairs) => {
        const registry = new Registry();
        const counter = registry.counter({ name: 'a', help: '', labels: ['x', 'y'] });
        for (const [x, y] of pairs) counter.labels({ x, y }).inc();
        const lines = registry.expose().split('\n').slice(2, -1);
        expect(lines).toHaveLength(pairs.length);
        expect(lines.every((line) => /^a\{x="(\\.|[^"\\])*",y="(\\.|[^"\\])*"\} 1$/su.test(line))).toBe(true);
      },
    ),
  );
});

test('label sets are bounded; what comes later is counted under other', () => {
  const registry = new Registry();
  const counter = registry.counter({ name: 'a', help: '', labels: ['m'] });
  for (let index = 0; index < CELLS_MAX + 500; index += 1) counter.labels({ m: `m${index}` }).inc();
  counter.labels({ m: 'm0' }).inc();
  const lines = registry.expose().split('\n');
  expect(lines).toContain('a{m="other"} 500');
  expect(lines).toContain('a{m="m0"} 2');
  expect(lines.filter((line) => line.startsWith('a{'))).toHaveLength(CELLS_MAX + 1);
});

test('every observation is in exactly one bucket, the smallest that holds it', () => {
  const buckets = [0.01, 0.1, 0.5, 1, 10];
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (values) => {
      const registry = new Registry();
      const cell = registry.histogram({ name: 'h', help: '', labels: [], buckets }).labels({});
      for (const value of values) cell.observe(value);
      const text = registry.expose();
      for (const bound of buckets) {
        expect(text).toContain(`h_bucket{le="${bound}"} ${values.filter((value) => value <= bound).length}\n`);
      }
      expect(text).toContain(`h_count ${values.length}\n`);
    }),
  );
});

test('collectors run before each exposition', () => {
  const registry = new Registry();
  const gauge = registry.gauge({ name: 'g', help: '', labels: ['u'] });
  let run = 0;
  registry.onCollect(() => {
    gauge.clear();
    gauge.labels({ u: `u${run}` }).set((run += 1));
  });
  registry.expose();
  expect(registry.expose()).toBe('# HELP g \n# TYPE g gauge\ng{u="u1"} 2\n');
});

test('values that are no numbers are written as Prometheus reads them', () => {
  const registry = new Registry();
  const gauge = registry.gauge({ name: 'g', help: '', labels: ['n'] });
  for (const value of [NaN, Infinity, -Infinity]) gauge.labels({ n: String(value) }).set(value);
  expect(registry.expose()).toContain('g{n="NaN"} NaN\ng{n="Infinity"} +Inf\ng{n="-Infinity"} -Inf\n');
});

test('mistakes in a definition are found when it is made', () => {
  const registry = new Registry();
  registry.counter({ name: 'a', help: '', labels: [] });
  expect(() => registry.gauge({ name: 'a', help: '', labels: [] })).toThrow('exists already');
  expect(() => registry.gauge({ name: 'a b', help: '', labels: [] })).toThrow('not a metric name');
  expect(() => registry.gauge({ name: 'b', help: '', labels: ['le'] })).toThrow('not a label');
  expect(() => registry.histogram({ name: 'c', help: '', labels: [], buckets: [1, 1] })).toThrow('ascend');
});
