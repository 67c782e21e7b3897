import { JsonFault } from '../json/fault.ts';
import { findMembers } from '../json/find.ts';
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
const IN_ENVIRONMENT = ['input', '#', 'environment', 'container_id'];

interface Seen {
  readonly types: string[];
  readonly ids: string[];
  readonly held: Set<string>;
  readonly containers: LookedUpItem[];
}

/**
 * The items of a request that OpenAI looks up by their ids: references, thoughts without their content, pictures without their bytes; and the
 * containers of earlier calls, because code that may run anywhere runs in the last of them again. Items that were made here are not among
 * them. The body must have been scanned.
 */
export function lookedUpItems(body: Buffer): LookedUpItem[] {
  const items = new Map<number, Seen>();
  try {
    findMembers(body, NAMES, (found) => {
      if (!found.isAt(['input', '#', found.name]) && !found.isAt(IN_ENVIRONMENT)) return 'over';
      const [, index, ...below] = found.path() as [string, number, ...string[]];
      const seen = items.get(index) ?? { types: [], ids: [], held: new Set(), containers: [] };
      items.set(index, seen);
      if (found.name === 'container_id') {
        seen.containers.push({ param: `input[${index}].${below.join('.')}`, id: textAt(body, found.start) });
      } else if (found.name === 'type') seen.types.push(textAt(body, found.start));
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
    const ids = isLookedUp(seen) ? seen.ids.filter((id) => !isOwnItemId(id)) : [];
    const named = [...ids.map((id) => ({ param: `input[${index}].id`, id })), ...seen.containers];
    return named.filter(({ id }) => id !== '');
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
