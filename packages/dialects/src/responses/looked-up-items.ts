import { JsonFault } from '../json/fault.ts';
import { findMembers } from '../json/find.ts';
import { compileNames } from '../json/names.ts';
import { OPEN_BRACKET, QUOTE, skipString } from '../json/skip.ts';
import { isOwnItemId } from './item-ids.ts';

/** An item of a request that stands for one which its server keeps. */
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

const NAMES = compileNames(['type', 'id', 'role', 'content', 'encrypted_content', 'result']);

interface Seen {
  readonly types: string[];
  readonly ids: string[];
  readonly held: Set<string>;
}

/**
 * The items of a request that OpenAI looks up by their ids: references, thoughts without their content, pictures without their bytes. Items
 * that were made here are not among them. The body must have been scanned.
 */
export function lookedUpItems(body: Buffer): LookedUpItem[] {
  const items = new Map<number, Seen>();
  try {
    findMembers(body, NAMES, (found) => {
      if (!found.isAt(['input', '#', found.name])) return 'over';
      const index = found.path()[1] as number;
      const seen = items.get(index) ?? { types: [], ids: [], held: new Set() };
      items.set(index, seen);
      if (found.name === 'type') seen.types.push(textAt(body, found.start));
      else if (found.name === 'id') seen.ids.push(textAt(body, found.start));
      else if (isHeld(body, found.start)) seen.held.add(found.name);
      else seen.held.delete(found.name);
      return 'over';
    });
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    // Nobody takes a body with such a name.
    return [];
  }
  return [...items].flatMap(([index, seen]) => {
    if (!isLookedUp(seen)) return [];
    return seen.ids.filter((id) => id !== '' && !isOwnItemId(id)).map((id) => ({ param: `input[${index}].id`, id }));
  });
}

/** Messages and references may come without a type; a reference says nothing. */
function isLookedUp({ types, held }: Seen): boolean {
  if (types.every((type) => type === '')) return !held.has('role') || !held.has('content');
  return types.some((type) => {
    const holds = HELD.get(type);
    return holds !== undefined && (holds === null || !held.has(holds));
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
