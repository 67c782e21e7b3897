import { figure, markup, PLOT, type Markup } from '@offpeak/lab';
import type { FrontierPoint } from './frontier.ts';
import type { Section } from './sections.ts';

const WIDTH = 860;
const BOTTOM = 440;
const RIGHT = WIDTH - 20;
const CHARACTER = 9;
const LINE_HEIGHT = 15;
const H2_STEP = 0.1;
/** Marks of the axis, which is logarithmic. What costs more than the last one stands at the edge, with its figure. */
const COST_MARKS = [1, 1.25, 1.5, 2, 3, 4] as const;
const COST_MAX = 4.5;
/** Of the style sheet. */
const COLOURS = { offpeak: 'flex', static: 'priority', other: 'limit' } as const;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Harvest upwards, cost to the right; the settings of one policy are joined by a line. */
export function frontierFigure(points: readonly FrontierPoint[], { title, lead, head, rows }: Section): Markup {
  const costMin = Math.min(0.98, ...points.map(({ cost }) => cost.mean));
  const top = Math.ceil(Math.max(1, ...points.map(({ h2 }) => h2.mean)) / H2_STEP) * H2_STEP;
  const [from, to] = [Math.log(costMin), Math.log(COST_MAX)];
  const across = (cost: number): number =>
    PLOT.left + ((Math.log(Math.min(cost, COST_MAX)) - from) / (to - from)) * (RIGHT - PLOT.left);
  const upward = (h2: number): number => BOTTOM - (h2 / top) * (BOTTOM - PLOT.top);
  const middle = ({ cost, h2 }: FrontierPoint): [number, number] => [across(cost.mean), upward(h2.mean)];
  const taken: Box[] = points.map((point) => ({ x: middle(point)[0] - 5, y: middle(point)[1], width: 10 }));
  const marks = Array.from({ length: Math.round(top / H2_STEP) + 1 }, (_, index) => index * H2_STEP);
  return figure({
    title,
    caption: lead.join(' '),
    keys: [
      { name: 'Offpeak, by its knob flexShare', colour: COLOURS.offpeak },
      { name: 'so many flex requests in flight per engine', colour: COLOURS.static },
      { name: 'a policy as it is by default', colour: COLOURS.other, shape: 'dot' },
    ],
    axes: { across: 'p99 TTFT of standard requests, times that without flex', upward: 'harvest H2' },
    width: WIDTH,
    bottom: BOTTOM,
    drawing: markup`${marks.map((h2) => markup`<path class="grid" d="M${PLOT.left} ${place(upward(h2))}H${RIGHT}"/><text class="right" x="${PLOT.left - 8}" y="${place(upward(h2) + 4)}">${h2.toFixed(1)}</text>`)}
${COST_MARKS.map((cost) => markup`<path class="grid" d="M${place(across(cost))} ${PLOT.top}V${BOTTOM}"/><text class="middle" x="${place(across(cost))}" y="${BOTTOM + 20}">${cost}×</text>`)}
${(['offpeak', 'static'] as const).map((series) => lineOf(points.filter((point) => point.series === series).map(middle), COLOURS[series]))}
${points.map((point) => {
  const { name, series, cost, h2 } = point;
  const [x, y] = middle(point);
  return markup`<circle class="dot ${COLOURS[series ?? 'other']}" cx="${place(x)}" cy="${place(y)}" r="4"><title>${name}: H2 ${h2.mean.toFixed(3)} at ${cost.mean.toFixed(2)} times</title></circle>`;
})}
${points.map((point) => {
  const text = point.cost.mean > COST_MAX ? `${point.shortName}, ${point.cost.mean.toFixed(0)} times` : point.shortName;
  const label = labelAt(...middle(point), text.length * CHARACTER, taken);
  taken.push(label);
  return markup`<text x="${place(label.x)}" y="${place(label.y + 4)}">${text}</text>`;
})}`,
    table: { head, rows },
  });
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
