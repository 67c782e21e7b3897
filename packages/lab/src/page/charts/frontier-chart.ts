import { markup, type Markup } from '../markup.ts';
import type { Interval } from '../../measure/intervals.ts';
import { CHARACTER, figure, horizontalAxis, LINE, place, PLOT, shortened, verticalAxis } from './frame.ts';
import { placeLabels, type Box, type LabelPlace, type Point } from './label-places.ts';
import { latencyScale, spanScale } from './scale.ts';

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

/** So many names stand in each other's way, and get more room. */
const CROWD = 5;
const CROWD_HEIGHT = 90;
const CAP = 3;

/** What is won against what it costs: each point by its name, with both intervals. */
export function frontierChart({ title, caption, points, x, y }: FrontierChart): Markup {
  const bottom = PLOT.bottom + (points.length < CROWD ? 0 : CROWD_HEIGHT);
  const several = points.some(hasInterval);
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
  const dots = points.map((point): Point => [across.at(point.x.mean), upward.at(point.y.mean)]);
  const arms = points.flatMap((point, index): Box[] => {
    if (!hasInterval(point)) return [];
    const [cx, cy] = dots[index]!;
    return [
      { left: Math.max(PLOT.left, across.at(point.x.low)), right: across.at(point.x.high), top: cy, bottom: cy },
      { left: cx, right: cx, top: upward.at(point.y.high), bottom: upward.at(point.y.low) },
    ];
  });
  const labels = placeLabels(
    points.map(({ name }, index) => ({ at: dots[index]!, width: shortened(name).length * CHARACTER, height: LINE })),
    { ...PLOT, bottom },
    arms,
  );
  const marks = points.map(({ name, ...point }, index) => {
    const [cx, cy] = dots[index]!.map(place);
    return markup`<circle class="dot policy" cx="${cx!}" cy="${cy!}" r="4.5"><title>${name}: ${x.format(point.x.mean)}, ${y.format(point.y.mean)}</title></circle>`;
  });
  return figure({
    title,
    caption: across.logarithmic ? `${caption} Logarithmic scale across.` : caption,
    keys: [
      { name: several ? 'mean of the runs of a policy' : 'one policy', colour: 'policy', shape: 'dot' },
      ...(several ? [{ name: '95 % interval', colour: 'policy', shape: 'whisker' } as const] : []),
    ],
    axes: { across: x.label, upward: y.label },
    bottom,
    drawing: markup`${verticalAxis(upward, y.format)}${horizontalAxis(across, x.format, { grid: true, bottom })}${arms.map(whisker)}${labels.map(leader)}${marks}${labels.map((label, index) => labelText(label, shortened(points[index]!.name)))}`,
    table: {
      head: ['', x.label, y.label],
      rows: points.map((point) => [point.name, told(point.x, x.format), told(point.y, y.format)]),
    },
  });
}

function told({ mean, low, high, values }: Interval, format: (value: number) => string): string {
  return values > 1 ? `${format(mean)} (${format(low)} to ${format(high)})` : format(mean);
}

function hasInterval({ x, y }: FrontierPoint): boolean {
  return x.values > 1 || y.values > 1;
}

/** A line without width, with a cap at each end. */
function whisker({ left, right, top, bottom }: Box): Markup {
  const [x0, x1, y0, y1] = [left, right, bottom, top].map(place);
  const upright = left === right;
  const caps = upright
    ? `M${place(left - CAP)} ${y0!}h${2 * CAP}M${place(left - CAP)} ${y1!}h${2 * CAP}`
    : `M${x0!} ${place(top - CAP)}v${2 * CAP}M${x1!} ${place(top - CAP)}v${2 * CAP}`;
  return markup`<path class="whisker" d="M${x0!} ${y0!}L${x1!} ${y1!}${caps}"/>`;
}

function leader({ leader: line }: LabelPlace): Markup | null {
  if (line === null) return null;
  const [[x0, y0], [x1, y1]] = line;
  return markup`<path class="axis" d="M${place(x0)} ${place(y0)}L${place(x1)} ${place(y1)}"/>`;
}

function labelText({ box, anchor }: LabelPlace, name: string): Markup {
  const x = anchor === 'left' ? box.left : anchor === 'right' ? box.right : (box.left + box.right) / 2;
  return markup`<text class="${anchor}" x="${place(x)}" y="${place((box.top + box.bottom) / 2)}" dy="0.32em">${name}</text>`;
}
