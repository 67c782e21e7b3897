import { JsonFault } from '../json/fault.ts';
import { findMembers, type Found, type Verdict } from '../json/find.ts';
import { compileNames } from '../json/names.ts';
import { OPEN_BRACKET, QUOTE, skipString } from '../json/skip.ts';
import { isOwnItemId } from './item-ids.ts';

/** What a request names of earlier answers: an item that stands for one which its server keeps, or a container that code ran in. */
export interface LookedUpItem {
  readonly param: string;
  readonly id: string;
}

/** What these kinds of items hold themselves, where nothing has to be looked up; null where something always has to be. */
const HELD: ReadonlyMap<string, string | null> = new Map([
  ['item_reference', null],
  ['reasoning', 'encrypted_content'],
  ['image_generation_call', 'result'],
]);

const NAMES = compileNames(['type', 'id', 'role', 'content', 'encrypted_content', 'result', 'container_id']);
type Name = (typeof NAMES)['list'][number];
const IN_ENTRY = ['input', '#', '*'];
const IN_ENVIRONMENT = ['input', '#', 'environment', 'container_id'];

/**
 * The items of a request that OpenAI looks up by their ids: references, thoughts without their content, pictures without their bytes; and the
 * containers of earlier calls, because code that may run anywhere runs in the last of them again. Items that were made here are not among
 * them. Nothing is looked for behind more than `itemsMax`. The body must have been scanned.
 */
export function lookedUpItems(body: Buffer, itemsMax: number): LookedUpItem[] {
  const list = new List(body, itemsMax);
  try {
    findMembers(body, NAMES, (found) => list.take(found));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    // Nobody takes a body with such a name.
    return [];
  }
  return list.items;
}

/** One entry of the input. A body may have millions of them, so no more than one is remembered, and of that no more than can matter. */
interface Seen {
  readonly index: number;
  /** Of its types those that something may have to be looked up for. */
  readonly types: Set<string>;
  typed: boolean;
  readonly ids: string[];
  readonly held: Set<string>;
  readonly containers: LookedUpItem[];
}

class List {
  readonly #body: Buffer;
  readonly #max: number;
  readonly #items: LookedUpItem[] = [];
  #seen: Seen | null = null;

  constructor(body: Buffer, max: number) {
    this.#body = body;
    this.#max = max;
  }

  get items(): LookedUpItem[] {
    this.#close();
    return this.#items;
  }

  take(found: Found<Name>): Verdict {
    const index = found.indexAt(1);
    if (index === undefined || !(found.isAt(IN_ENTRY) || found.isAt(IN_ENVIRONMENT))) return 'over';
    const seen = this.#entry(index);
    if (found.name === 'container_id') this.#container(seen, found);
    else if (found.name === 'type') noteType(seen, textAt(this.#body, found.start));
    else if (found.name === 'id') this.#id(seen, found.start);
    else if (isHeld(this.#body, found.start)) seen.held.add(found.name);
    else seen.held.delete(found.name);
    return this.#items.length > this.#max ? 'stop' : 'over';
  }

  #entry(index: number): Seen {
    if (this.#seen?.index === index) return this.#seen;
    this.#close();
    this.#seen = { index, types: new Set(), typed: false, ids: [], held: new Set(), containers: [] };
    return this.#seen;
  }

  #id({ ids }: Seen, start: number): void {
    const id = textAt(this.#body, start);
    if (id !== '' && !isOwnItemId(id) && ids.length <= this.#max) ids.push(id);
  }

  #container({ index, containers }: Seen, found: Found<Name>): void {
    const id = textAt(this.#body, found.start);
    if (id === '' || containers.length > this.#max) return;
    const below = found.isAt(IN_ENTRY) ? found.name : `environment.${found.name}`;
    containers.push({ param: `input[${index}].${below}`, id });
  }

  #close(): void {
    const seen = this.#seen;
    this.#seen = null;
    if (seen === null) return;
    if (isLookedUp(seen)) this.#items.push(...seen.ids.map((id) => ({ param: `input[${seen.index}].id`, id })));
    this.#items.push(...seen.containers);
  }
}

function noteType(seen: Seen, type: string): void {
  if (type !== '') seen.typed = true;
  if (HELD.has(type)) seen.types.add(type);
}

/** Messages and references may come without a type; a reference says nothing. */
function isLookedUp({ types, typed, held }: Seen): boolean {
  if (!typed) return !held.has('role') || !held.has('content');
  return [...types].some((type) => {
    const holds = HELD.get(type)!;
    return holds === null || !held.has(holds);
  });
}

/** A text that is not empty, or a list. */
function isHeld(body: Buffer, start: number): boolean {
  return body[start] === OPEN_BRACKET || (body[start] === QUOTE && body[start + 1] !== QUOTE);
}

/** Empty where it is no string. */
function textAt(body: Buffer, start: number): string {
  if (body[start] !== QUOTE) return '';
  try {
    return JSON.parse(body.toString('utf8', start, skipString(body, start))) as string;
  } catch {
    return '';
  }
}
