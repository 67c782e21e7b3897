import { markup, type Markup } from '../markup.ts';
import { median } from '../../measure/intervals.ts';
import type { ModelError } from '../../report.ts';
import { milliseconds, number, share } from '../../tell/format.ts';
import { figure, horizontalAxis, place, PLOT, verticalAxis } from './frame.ts';
import { linearScale, type Scale } from './scale.ts';

const POINTS_MAX = 800;
const TABLE_ROWS = 10;

type Pair = ModelError['sample'][number];

/** Predicted against actual step times: on the diagonal where the prediction was right. */
export function modelChart(error: ModelError): Markup {
  const stride = Math.max(1, Math.ceil(error.sample.length / POINTS_MAX));
  const shown = error.sample.filter((_, index) => index % stride === 0);
  const values = shown.flatMap(({ predictedMs, actualMs }) => [predictedMs, actualMs]);
  const across = linearScale(values, PLOT.left, PLOT.right);
  const upward = linearScale(values, PLOT.bottom, PLOT.top);
  const top = across.ticks.at(-1)!;
  // An error of e is a prediction of (1 - e) to (1 + e) times what came.
  const slopes = [1 / (1 + error.p90), error.p90 < 1 ? 1 / (1 - error.p90) : Infinity];
  const dots = shown.map(
    ({ predictedMs, actualMs }) =>
      markup`<circle cx="${place(across.at(predictedMs))}" cy="${place(upward.at(actualMs))}" r="1.7"/>`,
  );
  return figure({
    title: 'Predicted and actual step times',
    caption: `Half of the predictions are within ${share(error.median)} of what came, nine in ten within ${share(error.p90)} (dashed).`,
    keys: [
      { name: 'exactly as predicted', colour: 'limit' },
      { name: 'nine in ten are between', colour: 'limit', dashed: true },
    ],
    drawing: markup`${verticalAxis(upward, milliseconds)}${horizontalAxis(across, milliseconds, { label: 'predicted', grid: true })}${ray(1, top, across, upward, false)}${slopes.map((slope) => ray(slope, top, across, upward, true))}<g class="cloud">${dots}</g>`,
    table: {
      head: ['predicted', 'steps', 'median prediction', 'median actual', 'median error'],
      rows: binned(error.sample).map((pairs) => [
        `${milliseconds(pairs[0]!.predictedMs)} to ${milliseconds(pairs.at(-1)!.predictedMs)}`,
        number(pairs.length),
        milliseconds(median(pairs.map(({ predictedMs }) => predictedMs))),
        milliseconds(median(pairs.map(({ actualMs }) => actualMs))),
        share(median(pairs.map(({ predictedMs, actualMs }) => Math.abs(predictedMs - actualMs) / actualMs))),
      ]),
    },
  });
}

/** A line from the origin, to where it leaves the plot. */
function ray(slope: number, top: number, across: Scale, upward: Scale, dashed: boolean): Markup | null {
  if (!Number.isFinite(slope)) return null;
  const x = slope > 1 ? top / slope : top;
  return markup`<path class="line limit ${dashed && 'dashed'}" d="M${place(across.at(0))} ${place(upward.at(0))}L${place(across.at(x))} ${place(upward.at(x * slope))}"/>`;
}

/** Parts of equal size, by prediction. */
function binned(sample: readonly Pair[]): readonly (readonly Pair[])[] {
  const sorted = sample.toSorted((one, other) => one.predictedMs - other.predictedMs);
  const size = Math.max(1, Math.ceil(sorted.length / TABLE_ROWS));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, bin) =>
    sorted.slice(bin * size, (bin + 1) * size),
  );
}
