/**
 * Prometheus metrics whose hot path is an addition: a label set is resolved once to a cell, which the caller keeps. Nothing
 * is hashed or allocated per update.
 */

/** Label sets of one metric. What comes after them is counted under `other`, so that a client that makes up model names cannot fill the memory. */
export const CELLS_MAX = 2_000;
export const OTHER = 'other';

export interface CounterCell {
  inc(amount?: number): void;
}

export interface GaugeCell {
  set(value: number): void;
}

export interface HistogramCell {
  observe(value: number): void;
}

interface MetricOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
}

export interface CounterOptions<Label extends string> extends MetricOptions<Label> {
  /** What the exposition multiplies by: a cell then counts whole small units (nanodollars) without rounding. */
  readonly scale?: number;
}

export interface GaugeOptions<Label extends string> extends MetricOptions<Label> {
  /** `counter` for a total that is read off something else, which counts it. */
  readonly type?: 'gauge' | 'counter';
}

export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** Upper bounds, ascending, without +Inf. */
  readonly buckets: readonly number[];
}

class CounterValue implements CounterCell {
  value = 0;
  inc(amount = 1): void {
    this.value += amount;
  }
}

class GaugeValue implements GaugeCell {
  value = 0;
  set(value: number): void {
    this.value = value;
  }
}

class HistogramValue implements HistogramCell {
  readonly bounds: Float64Array;
  /** One more than the bounds: the last is +Inf. Not cumulative. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: Float64Array) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (this.bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] as number) + 1;
    this.sum += value;
  }
}

/** One metric with all of its label sets. */
class Family<Label extends string, Cell> {
  readonly name: string;
  readonly labelNames: readonly Label[];
  readonly #make: () => Cell;
  readonly #cells: Map<string, Cell> = new Map();

  constructor(options: MetricOptions<Label>, make: () => Cell) {
    checkNames(options.name, options.labels);
    this.name = options.name;
    this.labelNames = options.labels;
    this.#make = make;
    // A metric without labels is there from the start, with 0.
    if (options.labels.length === 0) this.#cells.set('', make());
  }

  /** The cell of a label set; keep it. */
  labels(values: Readonly<Record<Label, string>>): Cell {
    const key = labelText(this.labelNames, (name) => values[name]);
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    if (this.#cells.size >= CELLS_MAX) return this.#overflow();
    return this.#add(key);
  }

  clear(): void {
    this.#cells.clear();
  }

  cells(): ReadonlyMap<string, Cell> {
    return this.#cells;
  }

  #overflow(): Cell {
    const key = labelText(this.labelNames, () => OTHER);
    return this.#cells.get(key) ?? this.#add(key);
  }

  #add(key: string): Cell {
    const cell = this.#make();
    this.#cells.set(key, cell);
    return cell;
  }
}

export interface Counter<Label extends string> {
  readonly name: string;
  labels(values: Readonly<Record<Label, string>>): CounterCell;
}

export interface Gauge<Label extends string> {
  readonly name: string;
  labels(values: Readonly<Record<Label, string>>): GaugeCell;
  /** Forgets all label sets; called by a collector whose label sets come and go. */
  clear(): void;
}

export interface Histogram<Label extends string> {
  readonly name: string;
  labels(values: Readonly<Record<Label, string>>): HistogramCell;
}

interface Exposed {
  readonly name: string;
  readonly head: string;
  write(lines: string[]): void;
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export class Registry {
  readonly #metrics: Exposed[] = [];
  readonly #collectors: (() => void)[] = [];

  counter<Label extends string = never>(options: CounterOptions<Label>): Counter<Label> {
    const family = new Family(options, () => new CounterValue());
    const scale = options.scale ?? 1;
    this.#add(options, 'counter', (lines) => {
      for (const [labels, cell] of family.cells()) lines.push(sample(family.name, labels, cell.value * scale));
    });
    return family;
  }

  gauge<Label extends string = never>(options: GaugeOptions<Label>): Gauge<Label> {
    const family = new Family(options, () => new GaugeValue());
    this.#add(options, options.type ?? 'gauge', (lines) => {
      for (const [labels, cell] of family.cells()) lines.push(sample(family.name, labels, cell.value));
    });
    return family;
  }

  histogram<Label extends string = never>(options: HistogramOptions<Label>): Histogram<Label> {
    if (options.buckets.some((bound, index) => index > 0 && bound <= (options.buckets[index - 1] as number))) {
      throw new Error(`The buckets of ${options.name} must ascend.`);
    }
    const bounds = Float64Array.from(options.buckets);
    const family = new Family(options, () => new HistogramValue(bounds));
    this.#add(options, 'histogram', (lines) => {
      for (const [labels, cell] of family.cells()) writeHistogram(lines, family.name, labels, cell);
    });
    return family;
  }

  /** Runs before each exposition, to set gauges that are read off something else. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** The Prometheus text format. */
  expose(): string {
    for (const collect of this.#collectors) collect();
    const lines: string[] = [];
    for (const metric of this.#metrics) {
      lines.push(metric.head);
      metric.write(lines);
    }
    lines.push('');
    return lines.join('\n');
  }

  #add(options: MetricOptions<string>, type: string, write: (lines: string[]) => void): void {
    if (this.#metrics.some((metric) => metric.name === options.name)) {
      throw new Error(`The metric ${options.name} exists already.`);
    }
    const help = options.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    this.#metrics.push({
      name: options.name,
      head: `# HELP ${options.name} ${help}\n# TYPE ${options.name} ${type}`,
      write,
    });
  }
}

function writeHistogram(lines: string[], name: string, labels: string, cell: HistogramValue): void {
  const before = labels === '' ? '' : `${labels},`;
  let total = 0;
  for (let index = 0; index < cell.counts.length; index += 1) {
    total += cell.counts[index] as number;
    const bound = index < cell.bounds.length ? String(cell.bounds[index]) : '+Inf';
    lines.push(sample(`${name}_bucket`, `${before}le="${bound}"`, total));
  }
  lines.push(sample(`${name}_sum`, labels, cell.sum));
  lines.push(sample(`${name}_count`, labels, total));
}

function sample(name: string, labels: string, value: number): string {
  const text = Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return labels === '' ? `${name} ${text}` : `${name}{${labels}} ${text}`;
}

/** The label set as it stands in the exposition; also its key. */
function labelText<Label extends string>(names: readonly Label[], value: (name: Label) => string): string {
  return names.map((name) => `${name}="${escapeLabel(value(name))}"`).join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function checkNames(metric: string, labels: readonly string[]): void {
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric)) throw new Error(`${metric} is not a metric name.`);
  for (const label of labels) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label) || label === 'le')
      throw new Error(`${label} is not a label of ${metric}.`);
  }
}
