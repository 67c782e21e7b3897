import { describe, expect, test } from 'vitest';
import type { LabReport } from '../report.ts';
import { renderPage } from './page.ts';
import { quantiles, report, tierReport } from '../tell/testing/reports.ts';

const VOID = new Set(['meta']);

/** Tags that are closed in the order in which they were opened; fails on any other. Script and style hold no tags. */
function elementsOf(page: string): string[] {
  const body = page.replaceAll(/<(script|style)>[^]*?<\/\1>/g, '<$1></$1>').replace('<!doctype html>', '');
  const open: string[] = [];
  const seen: string[] = [];
  for (const [tag, slash, name = '', rest = ''] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)([^<>]*)>/g)) {
    if (slash === '/') {
      expect(open.pop(), `what ${tag} closes`).toBe(name);
      continue;
    }
    seen.push(name);
    if (!rest.endsWith('/') && !VOID.has(name)) open.push(name);
  }
  expect(open).toEqual([]);
  // Nothing that looks like a tag was passed over.
  expect(body.match(/<(?![a-z/])/g)).toBeNull();
  return seen;
}

function count(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length;
}

function page(...reports: LabReport[]): string {
  return renderPage({ title: 'A run', reports });
}

describe('the page', () => {
  test('of one run has a chart for everything, and a table for every chart', () => {
    const text = page(report());
    const names = elementsOf(text);
    for (const title of [
      'Time to the first token',
      'Time per output token',
      'Load and harvest',
      'Queues',
      'Evictions',
      'Error of predicted step times',
    ]) {
      expect(text).toContain(`<figcaption><strong>${title}</strong>`);
      expect(text).toContain(`<summary>Table: ${title}</summary>`);
    }
    expect(count(names, 'figure')).toBe(6);
    expect(text.match(/<svg[^>]*role="img" aria-label="[^"]+"/g)).toHaveLength(6);
    // One per chart, and the tiers.
    expect(count(names, 'table')).toBe(7);
    expect(text).not.toContain('NaN');
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('Infinity');
  });

  test('needs nothing from anywhere', () => {
    const text = page(report(), report({ policy: 'fcfs' }));
    expect(text).not.toMatch(/\bsrc=|\bhref=|url\(|@import|https?:/);
    expect(text).toMatch(/default-src &#39;none&#39;; style-src &#39;sha256-[\w+/]{43}=&#39;; script-src &#39;sha256-/);
    expect(text).not.toMatch(/ style="| on[a-z]+="/);
  });

  test('is the same for the same reports', () => {
    expect(page(report())).toBe(page(report()));
  });

  test('says first of all whether anything was measured', () => {
    expect(page(report())).toMatch(/<title>Simulated: A run<\/title>[^]*badge">SIMULATED<[^]*no GPU ran/);
    const measured = page(report({ simulated: false, engines: null }));
    expect(measured).toContain('<title>A run</title>');
    expect(measured).toContain('badge">MEASURED OVER HTTP<');
    expect(measured).not.toMatch(/simulated/i);
    expect(page(report(), report({ simulated: false, policy: 'x' }))).toContain('PARTLY SIMULATED');
  });

  test('holds no markup but its own', () => {
    const evil = `<script>alert('x')</script>"&<img src=x onerror=alert(1)>\u0007`;
    const text = renderPage({
      title: evil,
      notes: [evil],
      reports: ['a', 'b'].map((name) =>
        report({
          workload: `${evil}${name}`,
          policy: `${evil}${name}`,
          profile: evil,
          replay: {
            baseUrl: evil,
            model: evil,
            interrupted: true,
            latenessMs: null,
            notSent: 1,
            keptUp: false,
            inFlightPeak: 3,
            tiers: {
              standard: { gapMs: null, served: { [evil]: 1 }, refusals: { [evil]: 1 }, failures: { [evil]: 1 } },
            },
          },
        }),
      ),
    });
    const names = elementsOf(text);
    expect(count(names, 'script')).toBe(1);
    expect(names).not.toContain('img');
    expect(text).toContain(
      '&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;&lt;img src=x onerror=alert(1)&gt;',
    );
    expect(text).not.toContain('\u0007');
  });

  test('leaves out what was not there to measure', () => {
    const text = page(
      report({
        tiers: { flex: tierReport({ ttftMs: null, tpotMs: null, sloAttainment: null }) },
        alone: {},
        series: null,
        modelError: null,
        load: null,
        harvest: { h1: null, h2: null, oracleShare: null },
        evictions: null,
        flexTokensLostShare: null,
      }),
    );
    expect(count(elementsOf(text), 'figure')).toBe(0);
    expect(text).not.toContain('NaN');
    expect(text).not.toMatch(/\(H2\)|\d evictions/);
  });

  test('tells who reads a replay what it is worth', () => {
    const replay = {
      baseUrl: 'http://x/v1',
      model: 'm',
      interrupted: false,
      latenessMs: quantiles(1),
      notSent: 0,
      keptUp: true,
      inFlightPeak: 12,
      tiers: { flex: { gapMs: quantiles(3), served: { standard: 4 }, refusals: { 429: 2 }, failures: {} } },
    };
    const good = page(report({ simulated: false, replay }));
    expect(good).not.toContain('class="notice"');
    expect(good).toContain('standard: 4');
    expect(good).toContain('429: 2');
    const bad = page(report({ simulated: false, replay: { ...replay, notSent: 7, keptUp: false, interrupted: true } }));
    expect(bad.match(/class="notice"/g)).toHaveLength(2);
    expect(bad).toContain('could not keep up: 7 requests were left out');
  });
});

describe('several runs', () => {
  test('of different policies are compared', () => {
    const text = page(report(), report({ policy: 'fcfs', harvest: { h1: 0.6, h2: 1.1, oracleShare: 1 } }));
    elementsOf(text);
    for (const title of ['What is won, and what it costs', 'Harvest', 'Delay', 'SLO']) {
      expect(text).toContain(`<figcaption><strong>${title}</strong>`);
    }
    expect(text.match(/<details class="run"/g)).toHaveLength(2);
    expect(text.match(/<details class="run" open>/g)).toHaveLength(1);
    // 200 ms together, 160 ms alone.
    expect(text).toContain('1.25×');
    expect(text).not.toContain('intervals.');
  });

  test('that differ in their seed are one, with an interval', () => {
    const seeds = [0.8, 0.84, 0.88].map((h2, index) =>
      report({
        seed: index + 1,
        workload: `synthetic:poisson, seed ${index + 1}, some lengths`,
        harvest: { h1: 0.5, h2, oracleShare: null },
      }),
    );
    const text = page(...seeds, report({ policy: 'fcfs' }));
    expect(text.match(/<details class="run"/g)).toHaveLength(2);
    // t(2) * 0.04 / sqrt(3) = 0.0994.
    expect(text).toContain('84 % <span class="interval">(74.1 % to 93.9 %)</span>');
    expect(text).toContain('<dt>seed</dt><dd>1, 2, 3</dd>');
    expect(text).toMatch(/class="whisker"/);
    expect(page(...seeds)).toContain('<h2>Found</h2>');
  });

  test('of one policy on different workloads are told apart by those', () => {
    const text = page(report(), report({ workload: 'another' }));
    expect(text).toContain('<summary>offpeak · another</summary>');
  });
});
