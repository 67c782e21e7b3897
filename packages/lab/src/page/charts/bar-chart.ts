import { markup, type Markup } from '../markup.ts';
import type { Interval } from '../../measure/intervals.ts';
import { ABSENT } from '../../tell/format.ts';
import { figure, horizontalAxis, place, PLOT, WIDTH } from './frame.ts';
import { linearScale } from './scale.ts';

export interface BarChart {
  readonly title: string;
  readonly caption: string;
  readonly bars: readonly { readonly name: string; readonly value: Interval | null }[];
  readonly format: (value: number) => string;
  /** What the axis counts. */
  readonly label: string;
  /** A value to compare with. */
  readonly mark?: number;
}

const ROW = 30;
const NAME_WIDTH = 150;
const VALUE_WIDTH = 62;
const CHARACTER = 6.6;

/** One bar per name, with the interval of its mean where several runs were made. */
export function barChart({ title, caption, bars, format, label, mark }: BarChart): Markup {
  const bottom = PLOT.top + bars.length * ROW;
  const ends = bars.map(({ value }) => value?.high ?? 0);
  const scale = linearScale([...ends, mark ?? 0], NAME_WIDTH, WIDTH - VALUE_WIDTH);
  const rows = bars.map(({ name, value }, index) => {
    const middle = PLOT.top + (index + 0.5) * ROW;
    const shown = value === null ? ABSENT : format(value.mean);
    const end = value === null ? NAME_WIDTH : scale.at(Math.max(value.mean, value.high));
    return markup`<text class="right" x="${NAME_WIDTH - 8}" y="${middle}" dy="0.32em">${shortened(name)}</text>
${
  value !== null &&
  markup`<path class="bar policy" d="M${NAME_WIDTH} ${middle - 8}H${place(scale.at(value.mean))}V${middle + 8}H${NAME_WIDTH}Z"/>${value.values > 1 && whisker(scale.at(value.low), scale.at(value.high), middle)}`
}<text x="${place(end + 6)}" y="${middle}" dy="0.32em">${shown}</text>`;
  });
  return figure({
    title,
    caption,
    height: bottom + 40,
    drawing: markup`${horizontalAxis(scale, format, { label, grid: true, bottom })}${rows}${
      mark !== undefined &&
      markup`<path class="line limit dashed" d="M${place(scale.at(mark))} ${PLOT.top}V${bottom}"/>`
    }`,
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

function whisker(from: number, to: number, y: number): Markup {
  const left = place(Math.max(NAME_WIDTH, from));
  const right = place(to);
  return markup`<path class="whisker" d="M${left} ${y}H${right}M${left} ${y - 4}V${y + 4}M${right} ${y - 4}V${y + 4}"/>`;
}

function shortened(name: string): string {
  const fits = Math.floor((NAME_WIDTH - 8) / CHARACTER);
  return name.length <= fits ? name : `${name.slice(0, fits - 1)}…`;
}
