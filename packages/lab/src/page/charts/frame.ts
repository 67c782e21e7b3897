import { markup, Markup } from '../markup.ts';
import { unbroken } from '../unbroken.ts';
import type { Table } from '../../tell/tables.ts';
import type { Scale } from './scale.ts';

/** Narrow enough that its letters can still be read on a phone; wide screens show two beside each other. */
export const WIDTH = 520;
const HEIGHT = 306;
const BELOW_PLOT = 54;
const MARGIN_RIGHT = 20;
export const PLOT: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } = {
  left: 84,
  right: WIDTH - MARGIN_RIGHT,
  top: 36,
  bottom: HEIGHT - BELOW_PLOT,
};

/** Room for a letter and a line of the largest letters that the style sheet has, which are those of phones. */
export const CHARACTER = 11;
export const LINE = 20;
const MARK_DISTANCE = 6;
const NAME_CHARACTERS_MAX = 20;
const NUMBER_CHARACTERS_MAX = 20;

export interface Key {
  readonly name: string;
  /** Of the style sheet. */
  readonly colour: string;
  /** As it is drawn; a line where nothing is said. */
  readonly shape?: 'dashed' | 'area' | 'dot' | 'whisker';
}

export interface Figure {
  readonly title: string;
  /** What to see in it, in a sentence. */
  readonly caption: string;
  readonly keys: readonly Key[];
  readonly axes: { readonly across: string; readonly upward: string };
  readonly drawing: Markup;
  /** Of a drawing that is no part of a row of charts; it is scrolled where it does not fit. */
  readonly width?: number;
  /** Where the horizontal axis is. */
  readonly bottom?: number;
  readonly table: Table;
  /** Rows of the table stand for equal steps of the horizontal axis, so that a pointer over the drawing can be told its row. */
  readonly hover?: boolean;
}

/** A drawing with its title, its key, and the same numbers as a table. */
export function figure({
  title,
  caption,
  keys,
  axes,
  drawing,
  width = WIDTH,
  bottom = PLOT.bottom,
  table,
  hover,
}: Figure): Markup {
  const right = width - MARGIN_RIGHT;
  const plot = hover === true && markup` data-left="${PLOT.left / width}" data-right="${right / width}"`;
  const broad = width > WIDTH && new Markup(' class="broad"');
  return markup`<figure${broad}${plot}>
<figcaption><strong>${title}</strong> <span>${unbroken(caption)}</span></figcaption>
<ul class="keys">${keys.map(keyItem)}</ul>
<div class="drawing"${broad && new Markup(' tabindex="0"')}><svg viewBox="0 0 ${width} ${bottom + BELOW_PLOT}" role="img" aria-label="${title}. ${caption} The numbers are in the table below."><text class="label" x="4" y="16">${axes.upward}</text><text class="label middle" x="${(PLOT.left + right) / 2}" y="${bottom + 47}">${axes.across}</text>${drawing}</svg></div>
<details><summary>Table: ${title}</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}">${tableOf(table)}</div></details>
</figure>
`;
}

/** A table that may be wider than the page: it is scrolled by itself, with the keyboard too. */
export function wideTable(name: string, table: Table): Markup {
  return markup`<div class="wide" tabindex="0" role="region" aria-label="${name}">${tableOf(table)}</div>`;
}

export function tableOf({ head, rows }: Table): Markup {
  return markup`<table><thead><tr>${head.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr></thead><tbody>
${rows.map(([first = '', ...rest]) => markup`<tr><th scope="row">${first}</th>${rest.map(dataCell)}</tr>\n`)}</tbody></table>`;
}

/**
 * The interval of a mean stands below it: beside it, a table of several runs would be twice as wide. Numbers stay on one line, and
 * sentences do not.
 */
function dataCell(cell: string): Markup {
  const [, mean, interval] = /^(.+) (\(.+ to .+\))$/.exec(cell) ?? [];
  if (interval !== undefined) return markup`<td>${mean!} <span class="interval">${interval}</span></td>`;
  return cell.length > NUMBER_CHARACTERS_MAX ? markup`<td class="words">${cell}</td>` : markup`<td>${cell}</td>`;
}

function keyItem({ name, colour, shape }: Key): Markup {
  return markup`<li><svg viewBox="0 0 24 10" aria-hidden="true">${swatch(colour, shape)}</svg>${name}</li>`;
}

function swatch(colour: string, shape: Key['shape']): Markup {
  switch (shape) {
    case 'area':
      return markup`<path class="bar ${colour}" d="M4 0H20V10H4Z"/>`;
    case 'dot':
      return markup`<circle class="dot ${colour}" cx="12" cy="5" r="4.5"/>`;
    case 'whisker':
      return markup`<path class="whisker" d="M2 5H22M2 1V9M22 1V9"/>`;
    default:
      return markup`<path class="line ${colour} ${shape ?? ''}" d="M1 5H23"/>`;
  }
}

/** Horizontal lines with their values at the left. */
export function verticalAxis(scale: Scale, format: (value: number) => string): Markup {
  return markup`${scale.ticks.map((tick) => {
    const y = place(scale.at(tick));
    return markup`<path class="grid" d="M${PLOT.left} ${y}H${PLOT.right}"/><text class="right" x="${PLOT.left - 6}" y="${y}" dy="0.32em">${format(tick)}</text>`;
  })}`;
}

/** Marks below the plot; vertical lines where `grid` says so. A mark whose letters have no place beside those before it has none. */
export function horizontalAxis(
  scale: Scale,
  format: (value: number) => string,
  options: { readonly grid?: boolean; readonly left?: number; readonly bottom?: number } = {},
): Markup {
  const { grid = false, left = PLOT.left, bottom = PLOT.bottom } = options;
  let free = 0;
  const marks = scale.ticks.map((tick) => {
    const x = scale.at(tick);
    const text = format(tick);
    const half = (text.length * CHARACTER) / 2;
    const middle = Math.min(x, WIDTH - half);
    const fits = middle - half >= free;
    if (fits) free = middle + half + MARK_DISTANCE;
    const line = grid && markup`<path class="grid" d="M${place(x)} ${PLOT.top}V${bottom}"/>`;
    return markup`${line}${fits && markup`<text class="middle" x="${place(middle)}" y="${bottom + 25}">${text}</text>`}`;
  });
  return markup`${marks}<path class="axis" d="M${place(left)} ${bottom}H${PLOT.right}"/>`;
}

/** As much of a name as a drawing has room for; the table below has all of it. */
export function shortened(name: string): string {
  return name.length <= NAME_CHARACTERS_MAX ? name : `${name.slice(0, NAME_CHARACTERS_MAX - 1)}…`;
}

/** Coordinates need no more than a tenth of a pixel. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
