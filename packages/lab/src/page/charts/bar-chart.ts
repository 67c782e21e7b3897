import { markup, type Markup } from '../markup.ts';
import type { Interval } from '../../measure/intervals.ts';
import { ABSENT } from '../../tell/format.ts';
import { CHARACTER, figure, horizontalAxis, place, PLOT, shortened, WIDTH, type Key } from './frame.ts';
import { latencyScale, linearScale } from './scale.ts';

export interface BarChart {
  readonly title: string;
  readonly caption: string;
  readonly bars: readonly { readonly name: string; readonly value: Interval | null }[];
  readonly format: (value: number) => string;
  /** What the axis counts. */
  readonly label: string;
  /** A value to compare with. */
  readonly mark?: { readonly name: string; readonly value: number };
  /** Values that differ much are then told apart as dots on a logarithmic axis: a bar on one would have no honest length. */
  readonly wideRange?: boolean;
}

/** Few bars stand further apart, so that the chart is about as high as the one beside it. */
const ROW = { min: 30, max: 56 } as const;
const BARS_HEIGHT = 240;
const VALUE_WIDTH = 84;
const GAP = 8;

/** One bar per name, with the interval of its mean where several runs were made. */
export function barChart({ title, caption, bars, format, label, mark, wideRange = false }: BarChart): Markup {
  const row = Math.min(ROW.max, Math.max(ROW.min, BARS_HEIGHT / bars.length));
  const bottom = PLOT.top + bars.length * row;
  const names = bars.map(({ name }) => shortened(name));
  const start = Math.max(...names.map((name) => name.length)) * CHARACTER + GAP;
  const values = bars.flatMap(({ value }) => (value === null ? [] : [value.mean, value.high]));
  const scaleOf = wideRange ? latencyScale : linearScale;
  const scale = scaleOf([...values, ...(mark === undefined ? [] : [mark.value])], start, WIDTH - VALUE_WIDTH);
  const rows = bars.map(({ value }, index) => {
    const y = PLOT.top + (index + 0.5) * row;
    const shown = value === null ? ABSENT : format(value.mean);
    const end = value === null ? start : scale.at(Math.max(value.mean, value.high));
    const length = value === null ? null : scale.at(value.mean);
    return markup`<text class="right" x="${place(start - GAP)}" y="${place(y)}" dy="0.32em">${names[index]!}</text>
${length !== null && (scale.logarithmic ? dot(length, y) : bar(start, length, y))}${
      value !== null && value.values > 1 && whisker(Math.max(start, scale.at(value.low)), scale.at(value.high), y)
    }<text x="${place(end + GAP)}" y="${place(y)}" dy="0.32em">${shown}</text>`;
  });
  return figure({
    title,
    caption: scale.logarithmic ? `${caption} Logarithmic scale.` : caption,
    keys: keysOf(bars, mark?.name, scale.logarithmic),
    axes: { across: label, upward: 'policy' },
    bottom,
    drawing: markup`${horizontalAxis(scale, format, { grid: true, left: start, bottom })}${
      mark !== undefined &&
      markup`<path class="line limit dashed" d="M${place(scale.at(mark.value))} ${PLOT.top}V${bottom}"/>`
    }${rows}`,
    table: {
      head: ['', label, 'from', 'to', 'runs'],
      rows: bars.map(({ name, value }) =>
        value === null
          ? [name, ABSENT, ABSENT, ABSENT, '0']
          : [name, format(value.mean), format(value.low), format(value.high), String(value.values)],
      ),
    },
  });
}

function keysOf(bars: BarChart['bars'], mark: string | undefined, dots: boolean): Key[] {
  const several = bars.some(({ value }) => value !== null && value.values > 1);
  return [
    { name: several ? 'mean of the runs' : 'one run', colour: 'policy', shape: dots ? 'dot' : 'area' },
    ...(several ? [{ name: '95 % interval', colour: 'policy', shape: 'whisker' } as const] : []),
    ...(mark === undefined ? [] : [{ name: mark, colour: 'limit', shape: 'dashed' } as const]),
  ];
}

function bar(from: number, to: number, y: number): Markup {
  return markup`<path class="bar policy" d="M${place(from)} ${place(y - 8)}H${place(to)}V${place(y + 8)}H${place(from)}Z"/>`;
}

function dot(x: number, y: number): Markup {
  return markup`<circle class="dot policy" cx="${place(x)}" cy="${place(y)}" r="5"/>`;
}

function whisker(from: number, to: number, y: number): Markup {
  const [left, right, top, bottom] = [from, to, y - 4, y + 4].map(place);
  return markup`<path class="whisker" d="M${left!} ${place(y)}H${right!}M${left!} ${top!}V${bottom!}M${right!} ${top!}V${bottom!}"/>`;
}
