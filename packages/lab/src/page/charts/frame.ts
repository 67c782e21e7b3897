import { markup, type Fragment, type Markup } from '../markup.ts';
import type { Table } from '../../tell/tables.ts';
import type { Scale } from './scale.ts';

/** Narrow enough that its letters can still be read on a phone; wide screens show two beside each other. */
export const WIDTH = 520;
export const HEIGHT = 270;
export const PLOT: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number } = {
  left: 58,
  right: WIDTH - 20,
  top: 14,
  bottom: HEIGHT - 40,
};

export interface Key {
  readonly name: string;
  /** Of the style sheet. */
  readonly colour: string;
  readonly dashed?: boolean;
}

export interface Figure {
  readonly title: string;
  /** What to see in it, in a sentence. */
  readonly caption: string;
  readonly keys?: readonly Key[];
  readonly drawing: Markup;
  readonly height?: number;
  readonly table: Table;
  /** Rows of the table stand for equal steps of the horizontal axis, so that a pointer over the drawing can be told its row. */
  readonly hover?: boolean;
}

/** A drawing with its title, its key, and the same numbers as a table. */
export function figure({ title, caption, keys = [], drawing, height = HEIGHT, table, hover }: Figure): Markup {
  const plot = hover === true ? markup` data-left="${PLOT.left / WIDTH}" data-right="${PLOT.right / WIDTH}"` : null;
  return markup`<figure${plot}>
<figcaption><strong>${title}</strong> <span>${caption}</span></figcaption>
${keys.length > 0 && markup`<ul class="keys">${keys.map(keyItem)}</ul>`}
<div class="drawing"><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}. ${caption} The numbers are in the table below.">${drawing}</svg></div>
<details><summary>Table: ${title}</summary><div class="scroll">${tableOf(table)}</div></details>
</figure>
`;
}

export function tableOf({ head, rows }: Table): Markup {
  return markup`<table><thead><tr>${head.map((cell) => markup`<th scope="col">${cell}</th>`)}</tr></thead><tbody>
${rows.map(([first = '', ...rest]) => markup`<tr><th scope="row">${first}</th>${rest.map((cell) => markup`<td>${cell}</td>`)}</tr>\n`)}</tbody></table>`;
}

function keyItem({ name, colour, dashed }: Key): Markup {
  return markup`<li><svg viewBox="0 0 24 10" aria-hidden="true"><path class="line ${colour} ${dashed === true ? 'dashed' : ''}" d="M1 5H23"/></svg>${name}</li>`;
}

/** Horizontal lines with their values at the left. */
export function verticalAxis(scale: Scale, format: (value: number) => string): Markup {
  return markup`${scale.ticks.map((tick) => {
    const y = place(scale.at(tick));
    return markup`<path class="grid" d="M${PLOT.left} ${y}H${PLOT.right}"/><text class="right" x="${PLOT.left - 6}" y="${y}" dy="0.32em">${format(tick)}</text>`;
  })}`;
}

/** Marks below the plot; vertical lines where `grid` says so. */
export function horizontalAxis(
  scale: Scale,
  format: (value: number) => string,
  options: { readonly label: string; readonly grid?: boolean; readonly bottom?: number },
): Markup {
  const { bottom = PLOT.bottom } = options;
  return markup`${scale.ticks.map((tick) => {
    const x = place(scale.at(tick));
    const line: Fragment = options.grid === true ? markup`<path class="grid" d="M${x} ${PLOT.top}V${bottom}"/>` : null;
    // Letters of the last mark would leave the drawing.
    const anchor = scale.at(tick) > PLOT.right - 8 ? 'right' : 'middle';
    const shift = anchor === 'right' ? 14 : 0;
    return markup`${line}<text class="${anchor}" x="${place(scale.at(tick) + shift)}" y="${bottom + 16}">${format(tick)}</text>`;
  })}<path class="axis" d="M${PLOT.left} ${bottom}H${PLOT.right}"/><text class="middle faint" x="${(PLOT.left + PLOT.right) / 2}" y="${bottom + 33}">${options.label}</text>`;
}

/** Coordinates need no more than a tenth of a pixel. */
export function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
