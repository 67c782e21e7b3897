import { markup, type Markup } from '@offpeak/lab';
import type { FrontierPoint } from './frontier.ts';

const WIDTH = 860;
const HEIGHT = 480;
const PLOT = { left: 50, right: WIDTH - 40, top: 30, bottom: HEIGHT - 46 } as const;
const CHARACTER = 7;
const LINE_HEIGHT = 15;
const H2_STEP = 0.1;
/** Marks of the axis, which is logarithmic. What costs more than the last one stands at the edge, with its figure. */
const COST_MARKS = [1, 1.25, 1.5, 2, 3, 4] as const;
const COST_MAX = 4.5;
/** Of the style sheet. */
const COLOURS = { offpeak: 'flex', static: 'priority', other: 'limit' } as const;

const LEGEND = [
  ['offpeak', 'Offpeak, by its knob flexShare'],
  ['static', 'so many flex requests in flight per engine'],
] as const;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Harvest upwards, cost to the right; the settings of one policy are joined by a line. */
export function frontierSvg(points: readonly FrontierPoint[]): Markup {
  const costMin = Math.min(0.98, ...points.map(({ cost }) => cost.mean));
  const top = Math.ceil(Math.max(1, ...points.map(({ h2 }) => h2.mean)) / H2_STEP) * H2_STEP;
  const [from, to] = [Math.log(costMin), Math.log(COST_MAX)];
  const across = (cost: number): number =>
    PLOT.left + ((Math.log(Math.min(cost, COST_MAX)) - from) / (to - from)) * (PLOT.right - PLOT.left);
  const upward = (h2: number): number => PLOT.bottom - (h2 / top) * (PLOT.bottom - PLOT.top);
  const middle = ({ cost, h2 }: FrontierPoint): [number, number] => [across(cost.mean), upward(h2.mean)];
  const taken: Box[] = points.map((point) => ({ x: middle(point)[0] - 5, y: middle(point)[1], width: 10 }));
  const rows = Array.from({ length: Math.round(top / H2_STEP) + 1 }, (_, index) => index * H2_STEP);
  return markup`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Harvest against delay. The numbers are in the table below.">
${rows.map((h2) => markup`<path class="grid" d="M${PLOT.left} ${place(upward(h2))}H${PLOT.right}"/><text class="right" x="${PLOT.left - 8}" y="${place(upward(h2) + 4)}">${h2.toFixed(1)}</text>`)}
${COST_MARKS.map((cost) => markup`<path class="grid" d="M${place(across(cost))} ${PLOT.top}V${PLOT.bottom}"/><text class="middle" x="${place(across(cost))}" y="${PLOT.bottom + 17}">${cost}</text>`)}
<text class="middle" x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 8}">p99 TTFT of standard requests, times that without flex</text>
<text x="${PLOT.left}" y="14">H2</text>
${LEGEND.map(([series, text], index) => markup`<path class="line ${COLOURS[series]}" d="M${PLOT.left + 60 + index * 290} 10h24"/><text x="${PLOT.left + 90 + index * 290}" y="14">${text}</text>`)}
${(['offpeak', 'static'] as const).map((series) => lineOf(points.filter((point) => point.series === series).map(middle), COLOURS[series]))}
${points.map((point) => {
  const { name, shortName, series, cost, h2 } = point;
  const [x, y] = middle(point);
  const beyond = cost.mean > COST_MAX;
  const text = beyond ? `${shortName}, ${cost.mean.toFixed(0)} times` : shortName;
  const label = labelAt(x, y, text.length * CHARACTER, taken);
  taken.push(label);
  return markup`<g class="${COLOURS[series ?? 'other']}"><circle class="dot" cx="${place(x)}" cy="${place(y)}" r="4"><title>${name}: H2 ${h2.mean.toFixed(3)} at ${cost.mean.toFixed(2)} times</title></circle></g><text x="${place(label.x)}" y="${place(label.y + 4)}">${text}</text>`;
})}
</svg>`;
}

function lineOf(places: readonly (readonly [number, number])[], colour: string): Markup | null {
  if (places.length < 2) return null;
  return markup`<path class="line ${colour}" d="M${places.map(([x, y]) => `${place(x)} ${place(y)}`).join('L')}"/>`;
}

/** The nearest place beside a dot where no other name stands. */
function labelAt(x: number, y: number, width: number, taken: readonly Box[]): Box {
  const places = [0, 1, 2, 3, 4].flatMap((distance) =>
    [-1, 1].flatMap((up) => [
      { x: x + 8, y: y + up * distance * LINE_HEIGHT, width },
      { x: x - 8 - width, y: y + up * distance * LINE_HEIGHT, width },
    ]),
  );
  const within = places.filter((box) => box.x >= PLOT.left && box.x + width <= WIDTH && box.y >= PLOT.top);
  return within.find((box) => taken.every((other) => !overlap(box, other))) ?? within[0] ?? places[0]!;
}

function overlap(one: Box, other: Box): boolean {
  const across = one.x < other.x + other.width && other.x < one.x + one.width;
  return across && Math.abs(one.y - other.y) < LINE_HEIGHT - 2;
}

function place(value: number): string {
  return value.toFixed(1);
}
