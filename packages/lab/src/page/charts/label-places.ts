export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A name's place beside its dot, and the line to it where it does not stand close by. */
export interface LabelPlace {
  readonly box: Box;
  /** Which end of the box the name begins or ends at, so that it is near its dot whatever the width of its letters. */
  readonly anchor: 'left' | 'middle' | 'right';
  readonly leader: Segment | null;
}

export interface Named {
  readonly at: Point;
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];
type Segment = readonly [Point, Point];

/** Nobody else's name comes so near to a dot that it could be taken for the dot's own. */
const DOT = { width: 26, height: 20 } as const;
const OWN_DOT = 5;
const DISTANCES: readonly number[] = [10, 20, 32, 46, 62, 80, 100, 130];
const LEADER_FROM = 18;
const LEADER_SAMPLES = 10;
const DIRECTIONS: readonly Point[] = [
  [1, 0],
  [-1, 0],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
  [0, -1],
  [0, 1],
];

/**
 * Gives each name the nearest place inside the plot where it covers nothing and its line crosses neither a name nor a line. Where
 * there is none, lines may cross, and where there is still none, names cover each other.
 */
export function placeLabels(names: readonly Named[], within: Box, taken: readonly Box[]): readonly LabelPlace[] {
  const dots = names.map(({ at }) => boxAround(at, DOT.width, DOT.height));
  const used = [...taken];
  const lines: Segment[] = [];
  return names.map((name, index) => {
    const others = [...used, ...dots.filter((_, other) => other !== index)];
    const places = DISTANCES.flatMap((distance) => DIRECTIONS.map((direction) => placeAt(name, distance, direction)));
    const inside = places.filter(({ box }) => contains(within, box));
    const clear = inside.filter(({ box }) => others.every((other) => !overlap(box, other)));
    const free = clear.find(({ box, leader }) => {
      if (lines.some((line) => enters(line, box))) return false;
      return (
        leader === null || !(others.some((other) => enters(leader, other)) || lines.some((line) => cross(leader, line)))
      );
    });
    const place = free ?? clear[0] ?? inside[0] ?? places[0]!;
    used.push(place.box);
    if (place.leader !== null) lines.push(place.leader);
    return place;
  });
}

function placeAt({ at: [x, y], width, height }: Named, distance: number, [across, down]: Point): LabelPlace {
  const middle: Point = [x + across * (distance + width / 2), y + down * (distance + (across === 0 ? height / 2 : 0))];
  const box = boxAround(middle, width, height);
  const anchor = across === 0 ? 'middle' : across > 0 ? 'left' : 'right';
  const end: Point = [
    Math.min(box.right, Math.max(box.left, x)),
    across === 0 ? Math.min(box.bottom, Math.max(box.top, y)) : middle[1],
  ];
  return { box, anchor, leader: distance < LEADER_FROM ? null : [[x, y], end] };
}

/** The line beyond its own dot. */
function sampled([from, to]: Segment): Point[] {
  const skipped = OWN_DOT / Math.hypot(to[0] - from[0], to[1] - from[1]);
  return Array.from({ length: LEADER_SAMPLES }, (_, index) => {
    const share = skipped + ((1 - skipped) * index) / LEADER_SAMPLES;
    return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
  });
}

function enters(leader: Segment, box: Box): boolean {
  return sampled(leader).some(([x, y]) => x > box.left && x < box.right && y > box.top && y < box.bottom);
}

/** Each has its ends on both sides of the other. */
function cross([a, b]: Segment, [c, d]: Segment): boolean {
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

function side([x0, y0]: Point, [x1, y1]: Point, [x, y]: Point): boolean {
  return (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0);
}

function boxAround([x, y]: Point, width: number, height: number): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function contains(outer: Box, inner: Box): boolean {
  return (
    inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom
  );
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
