import { markup, type Markup } from '../markup.ts';
import { ABSENT, clock } from '../../tell/format.ts';
import { figure, horizontalAxis, place, PLOT, verticalAxis, type Key } from './frame.ts';
import { countScale, latencyScale, linearScale, roundStep, type Scale } from './scale.ts';

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
  /** One per step. */
  readonly values: readonly (number | null)[];
}

export interface TimeChart {
  readonly title: string;
  readonly caption: string;
  readonly stepMs: number;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** What the vertical axis counts. */
  readonly label: string;
  /** A limit to draw across. */
  readonly limit?: { readonly name: string; readonly value: number };
  /**
   * `lines` over each other, with a logarithmic scale where they differ much; `levels` the same from 0; `stack` as areas on top of
   * each other; `columns` for counts per step.
   */
  readonly shape: 'lines' | 'levels' | 'stack' | 'columns';
}

/** Numbers over the time of a run, without those that never had any; null where none had. */
export function timeChart(chart: TimeChart): Markup | null {
  const { title, caption, stepMs, format, label, limit, shape } = chart;
  const lines = chart.lines.filter(({ values }) => values.some((value) => value !== null && value !== 0));
  if (lines.length === 0) return null;
  const steps = Math.max(...lines.map(({ values }) => values.length));
  const tops = shape === 'stack' ? stackedTops(lines, steps) : lines.map(({ values }) => values);
  const all = [...tops.flat().filter((value) => value !== null), ...(limit === undefined ? [] : [limit.value])];
  const scale = SCALES[shape](all, PLOT.bottom, PLOT.top);
  const time = timeScale(steps * stepMs);
  const drawn = (line: Line, index: number): Markup => {
    if (shape === 'columns') return drawnColumns(line, stepMs, time, scale);
    if (shape === 'stack') return drawnArea(line, tops[index]!, tops[index - 1] ?? [], stepMs, time, scale);
    return drawnLine(line, stepMs, time, scale);
  };
  const none = shape === 'lines' ? [] : chart.lines.filter((line) => !lines.includes(line));
  return figure({
    title,
    caption: [
      caption,
      ...(scale.logarithmic ? ['Logarithmic scale.'] : []),
      ...(none.length > 0 ? [`None: ${none.map(({ name }) => name).join(', ')}.`] : []),
    ].join(' '),
    keys: [
      ...lines.map((line): Key => keyOf(line, shape)),
      ...(limit === undefined ? [] : [{ name: limit.name, colour: 'limit', shape: 'dashed' } as const]),
    ],
    axes: { across: 'time since the start', upward: label },
    hover: true,
    drawing: markup`${verticalAxis(scale, format)}${horizontalAxis(time, (at) => clock(at, time.ticks[1] ?? stepMs))}${lines.map(drawn)}${
      limit !== undefined &&
      markup`<path class="line limit dashed" d="M${PLOT.left} ${place(scale.at(limit.value))}H${PLOT.right}"/>`
    }`,
    table: {
      head: ['time', ...lines.map(({ name }) => name)],
      rows: Array.from({ length: steps }, (_, step) => [
        clock(step * stepMs, stepMs),
        ...lines.map(({ values }) => {
          const value = values[step] ?? null;
          return value === null ? ABSENT : format(value);
        }),
      ]),
    },
  });
}

const SCALES = { lines: latencyScale, levels: linearScale, stack: linearScale, columns: countScale } as const;

function keyOf({ name, colour, dashed }: Line, shape: TimeChart['shape']): Key {
  if (shape === 'stack' || shape === 'columns') return { name, colour, shape: 'area' };
  return { name, colour, ...(dashed === true && { shape: 'dashed' }) };
}

const SECOND_MS = 1000;
const TIME_TICKS = 6;
const ROUND_TIMES_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

function timeScale(durationMs: number): Scale {
  const least = durationMs / TIME_TICKS;
  const round = ROUND_TIMES_S.find((seconds) => seconds * SECOND_MS >= least);
  const step = least < SECOND_MS || round === undefined ? roundStep(least) : round * SECOND_MS;
  return {
    logarithmic: false,
    ticks: Array.from({ length: Math.floor(durationMs / step + 1e-9) + 1 }, (_, index) => index * step),
    at: (value) => PLOT.left + ((PLOT.right - PLOT.left) * value) / durationMs,
  };
}

/** Gaps stay gaps, and a value between two of them is a dot. */
function drawnLine({ values, colour, dashed }: Line, stepMs: number, time: Scale, scale: Scale): Markup {
  let path = '';
  const dots: Markup[] = [];
  for (const [step, value] of values.entries()) {
    if (value === null) continue;
    const x = place(time.at((step + 0.5) * stepMs));
    const y = place(scale.at(value));
    const joined = (values[step - 1] ?? null) !== null;
    path += `${joined ? 'L' : 'M'}${x} ${y}`;
    if (!joined && (values[step + 1] ?? null) === null) {
      dots.push(markup`<circle class="dot ${colour}" cx="${x}" cy="${y}" r="1.6"/>`);
    }
  }
  return markup`<path class="line ${colour} ${dashed === true ? 'dashed' : ''}" d="${path}"/>${dots}`;
}

function stackedTops(lines: readonly Line[], steps: number): number[][] {
  const sums = new Array<number>(steps).fill(0);
  return lines.map(({ values }) => {
    for (let step = 0; step < steps; step += 1) sums[step]! += values[step] ?? 0;
    return [...sums];
  });
}

function drawnArea(
  { colour }: Line,
  tops: readonly (number | null)[],
  bases: readonly (number | null)[],
  stepMs: number,
  time: Scale,
  scale: Scale,
): Markup {
  const point = (step: number, value: number): string =>
    `${place(time.at((step + 0.5) * stepMs))} ${place(scale.at(value))}`;
  const upper = tops.map((top, step) => point(step, top ?? 0));
  const lower = tops.map((_, step) => point(step, bases[step] ?? 0)).reverse();
  return markup`<path class="area ${colour}" d="M${[...upper, ...lower].join('L')}Z"/>`;
}

function drawnColumns({ values, colour }: Line, stepMs: number, time: Scale, scale: Scale): Markup {
  const base = scale.at(0);
  const path = values
    .map((value, step) => {
      if (value === null || value === 0) return '';
      const left = place(time.at(step * stepMs));
      const right = place(time.at((step + 1) * stepMs) - 0.4);
      return `M${left} ${place(base)}V${place(scale.at(value))}H${right}V${place(base)}Z`;
    })
    .join('');
  return markup`<path class="bar ${colour}" d="${path}"/>`;
}
