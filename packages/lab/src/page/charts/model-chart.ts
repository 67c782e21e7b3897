import { markup, type Markup } from '../markup.ts';
import { median } from '../../measure/intervals.ts';
import type { ModelError } from '../../report.ts';
import { milliseconds, number, share } from '../../tell/format.ts';
import { figure, horizontalAxis, place, PLOT, verticalAxis } from './frame.ts';
import { spanScale } from './scale.ts';

const POINTS_MAX = 800;
const TABLE_ROWS = 10;

type Pair = ModelError['sample'][number];

/** How far each prediction of a step time was from the step that came. */
export function modelChart(error: ModelError): Markup {
  const stride = Math.max(1, Math.ceil(error.sample.length / POINTS_MAX));
  const shown = error.sample.filter((_, index) => index % stride === 0);
  const across = spanScale(
    shown.map(({ predictedMs }) => predictedMs),
    PLOT.left,
    PLOT.right,
  );
  const upward = spanScale([...shown.map(errorOf), -error.p90, error.p90], PLOT.bottom, PLOT.top);
  const line = (value: number, shape: string): Markup =>
    markup`<path class="line limit ${shape}" d="M${PLOT.left} ${place(upward.at(value))}H${PLOT.right}"/>`;
  const dots = shown.map(
    (pair) =>
      markup`<circle cx="${place(across.at(pair.predictedMs))}" cy="${place(upward.at(errorOf(pair)))}" r="2.5"/>`,
  );
  return figure({
    title: 'Error of predicted step times',
    caption: `Half of the predictions are within ${share(error.median)} of what came, nine in ten within ${share(error.p90)}.`,
    keys: [
      { name: 'a step', colour: 'policy', shape: 'dot' },
      { name: 'exactly as predicted', colour: 'limit' },
      { name: 'nine in ten are between', colour: 'limit', shape: 'dashed' },
    ],
    axes: { across: 'predicted step time', upward: 'predicted too long (+) or too short (−)' },
    drawing: markup`${verticalAxis(upward, signed)}${horizontalAxis(across, milliseconds, { grid: true })}${line(0, '')}${[-error.p90, error.p90].map((value) => line(value, 'dashed'))}<g class="cloud">${dots}</g>`,
    table: {
      head: ['predicted', 'steps', 'median prediction', 'median actual', 'median error'],
      rows: binned(error.sample).map((pairs) => [
        `${milliseconds(pairs[0]!.predictedMs)} to ${milliseconds(pairs.at(-1)!.predictedMs)}`,
        number(pairs.length),
        milliseconds(median(pairs.map(({ predictedMs }) => predictedMs))),
        milliseconds(median(pairs.map(({ actualMs }) => actualMs))),
        share(median(pairs.map((pair) => Math.abs(errorOf(pair))))),
      ]),
    },
  });
}

/** As a share of the actual time; above 0 where the step came sooner than predicted. */
function errorOf({ predictedMs, actualMs }: Pair): number {
  return (predictedMs - actualMs) / actualMs;
}

function signed(value: number): string {
  return value === 0 ? share(0) : `${value > 0 ? '+' : '−'}${share(Math.abs(value))}`;
}

/** Parts of equal size, by prediction. */
function binned(sample: readonly Pair[]): readonly (readonly Pair[])[] {
  const sorted = sample.toSorted((one, other) => one.predictedMs - other.predictedMs);
  const size = Math.max(1, Math.ceil(sorted.length / TABLE_ROWS));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, bin) =>
    sorted.slice(bin * size, (bin + 1) * size),
  );
}
