import { markup, type Markup } from '../markup.ts';
import type { Interval } from '../../measure/intervals.ts';
import { figure, HEIGHT, horizontalAxis, place, PLOT, verticalAxis } from './frame.ts';
import { latencyScale, spanScale, type Scale } from './scale.ts';

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
const LABEL_DISTANCES = [9, 24, 40, 56, 72];
const LABEL_DIRECTIONS: readonly (readonly [number, number])[] = [
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
  [1, 0],
  [-1, 0],
];

/** What is won against what it costs: each point by its name, with both intervals. */
export function frontierChart({ title, caption, points, x, y }: FrontierChart): Markup {
  const bottom = PLOT.bottom + EXTRA_HEIGHT;
  const across = latencyScale(
    points.flatMap((point) => [point.x.mean, point.x.high]),
    PLOT.left,
    PLOT.right,
  );
  const upward = spanScale(
    points.flatMap((point) => [point.y.low, point.y.high]),
    bottom,
    PLOT.top,
  );
  const dots = points.map((point): Box => boxAround(across.at(point.x.mean), upward.at(point.y.mean), 8, 8));
  const taken = [...dots];
  const drawn = points.map((point, index) => {
    const { name } = point;
    const dot = dots[index]!;
    const label = labelFor(name, dot, taken, bottom);
    taken.push(label);
    const [x0, y0] = middleOf(dot).map(place);
    return markup`${cross(point, across, upward)}${leader(dot, label)}<circle class="dot policy" cx="${x0!}" cy="${y0!}" r="4.5"><title>${name}: ${x.format(point.x.mean)}, ${y.format(point.y.mean)}</title></circle><text x="${place(label.left)}" y="${place(label.bottom - 3)}">${name}</text>`;
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
  return markup`<path class="whisker" d="M${left} ${cy}H${place(across.at(x.high))}M${cx} ${place(upward.at(y.low))}V${place(upward.at(y.high))}"/>`;
}

function boxAround(x: number, y: number, width: number, height: number): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** The nearest place around the dot that covers nothing; the first one where all do. */
function labelFor(name: string, dot: Box, taken: readonly Box[], bottom: number): Box {
  const width = name.length * CHARACTER;
  const [x, y] = middleOf(dot);
  const boxes = LABEL_DISTANCES.flatMap((distance) =>
    LABEL_DIRECTIONS.map(([across, upward]) =>
      boxAround(x + across * (distance + width / 2), y + upward * distance, width, LINE),
    ),
  ).filter(
    ({ left, right, top, bottom: low }) => left >= PLOT.left && right <= PLOT.right && top >= 0 && low <= bottom,
  );
  return boxes.find((box) => taken.every((other) => !overlap(box, other))) ?? boxes[0] ?? boxAround(x, y, width, LINE);
}

/** From a dot to a label that does not stand beside it. */
function leader(dot: Box, label: Box): Markup | null {
  const [x, y] = middleOf(dot);
  const [toX, toY] = [Math.min(label.right, Math.max(label.left, x)), middleOf(label)[1]];
  if (Math.hypot(toX - x, toY - y) <= 2 * LABEL_DISTANCES[0]!) return null;
  return markup`<path class="axis" d="M${place(x)} ${place(y)}L${place(toX)} ${place(toY)}"/>`;
}

function middleOf({ left, right, top, bottom }: Box): [number, number] {
  return [(left + right) / 2, (top + bottom) / 2];
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
