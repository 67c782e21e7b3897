/** Text that is HTML already. Everything else is escaped where it meets HTML. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Fragment = Markup | string | number | null | false | readonly Fragment[];

/** Builds HTML or SVG; what is put into it is escaped, unless it was built the same way. */
export function markup(parts: TemplateStringsArray, ...values: readonly Fragment[]): Markup {
  let text = parts[0]!;
  for (const [index, value] of values.entries()) text += rendered(value) + parts[index + 1]!;
  return new Markup(text);
}

function rendered(value: Fragment): string {
  if (value === null || value === false) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'object') return value.map(rendered).join('');
  return escape(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for attribute values in quotes. Characters that no document may hold are dropped. */
function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!).replaceAll(UNPRINTABLE, '');
}

/** Control characters but for tab and the line ends. */
const UNPRINTABLE = /(?![\t\n\r])\p{Cc}/gu;
