import { markup, type Markup } from '../markup.ts';
import type { Interval } from '../../measure/intervals.ts';
import { figure, HEIGHT, horizontalAxis, place, PLOT, verticalAxis } from './frame.ts';
import { latencyScale, linearScale, type Scale } from './scale.ts';

export interface FrontierPoint {
  readonly name: string;
  readonly x: Interval;
  readonly y: Interval;
}

export interface FrontierChart {
  readonly title: string;
  readonly caption: string;
  readonly points: readonly FrontierPoint[];
  readonly x: { readonly label: string; readonly format: (value: number) => string };
  readonly y: { readonly label: string; readonly format: (value: number) => string };
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const CHARACTER = 6.6;
const LINE = 13;
const EXTRA_HEIGHT = 60;

/** What is won against what it costs: each point by its name, with both intervals. */
export function frontierChart({ title, caption, points, x, y }: FrontierChart): Markup {
  const bottom = PLOT.bottom + EXTRA_HEIGHT;
  const across = latencyScale(
    points.flatMap((point) => [point.x.mean, point.x.high]),
    PLOT.left,
    PLOT.right,
  );
  const upward = linearScale(
    points.flatMap((point) => [point.y.mean, point.y.high]),
    bottom,
    PLOT.top,
  );
  const dots = points.map((point): Box => boxAround(across.at(point.x.mean), upward.at(point.y.mean), 8, 8));
  const taken = [...dots];
  const drawn = points.map((point, index) => {
    const { name } = point;
    const label = labelFor(name, dots[index]!, taken, bottom);
    taken.push(label.box);
    return markup`${cross(point, across, upward)}<circle class="dot policy" cx="${place(across.at(point.x.mean))}" cy="${place(upward.at(point.y.mean))}" r="4.5"><title>${name}: ${x.format(point.x.mean)}, ${y.format(point.y.mean)}</title></circle><text x="${place(label.box.left)}" y="${place(label.box.bottom - 3)}">${name}</text>`;
  });
  return figure({
    title,
    caption: across.logarithmic ? `${caption} Logarithmic scale across.` : caption,
    height: HEIGHT + EXTRA_HEIGHT,
    drawing: markup`${verticalAxis(upward, y.format)}${horizontalAxis(across, x.format, { label: x.label, grid: true, bottom })}${drawn}`,
    table: {
      head: ['', x.label, y.label],
      rows: points.map((point) => [point.name, told(point.x, x.format), told(point.y, y.format)]),
    },
  });
}

function told({ mean, low, high, values }: Interval, format: (value: number) => string): string {
  return values > 1 ? `${format(mean)} (${format(low)} to ${format(high)})` : format(mean);
}

function cross({ x, y }: FrontierPoint, across: Scale, upward: Scale): Markup | null {
  if (x.values < 2 && y.values < 2) return null;
  const [cx, cy] = [place(across.at(x.mean)), place(upward.at(y.mean))];
  const left = place(Math.max(PLOT.left, across.at(x.low)));
  return markup`<path class="whisker" d="M${left} ${cy}H${place(across.at(x.high))}M${cx} ${place(upward.at(Math.max(0, y.low)))}V${place(upward.at(y.high))}"/>`;
}

function boxAround(x: number, y: number, width: number, height: number): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** The first place beside the dot that covers nothing; the last one where all do. */
function labelFor(name: string, dot: Box, taken: readonly Box[], bottom: number): { readonly box: Box } {
  const width = name.length * CHARACTER;
  const [x, y] = [(dot.left + dot.right) / 2, (dot.top + dot.bottom) / 2];
  const boxes = [
    boxAround(x + 8 + width / 2, y - 9, width, LINE),
    boxAround(x - 8 - width / 2, y - 9, width, LINE),
    boxAround(x + 8 + width / 2, y + 10, width, LINE),
    boxAround(x - 8 - width / 2, y + 10, width, LINE),
    boxAround(x + 8 + width / 2, y - 22, width, LINE),
    boxAround(x - 8 - width / 2, y + 23, width, LINE),
  ].filter(
    ({ left, right, top, bottom: low }) => left >= PLOT.left && right <= PLOT.right && top >= 0 && low <= bottom,
  );
  const free = boxes.find((box) => taken.every((other) => !overlap(box, other)));
  return { box: free ?? boxes.at(-1) ?? boxAround(x, y - 13, width, LINE) };
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
