import { splice, type Edits, type Replacement } from '../json/edit.ts';
import { rawText } from '../json/read.ts';
import type { Scan } from '../json/scan.ts';
import { ownContents } from './own-contents.ts';
import type { RoutedName, RoutedRequest } from './routed-names.ts';

/** Same bytes where nothing has to change, so that the usual request is not copied. */
export function forward({ body, scan, inside }: RoutedRequest, model: string, tierWord: string | null): Buffer {
  const edits = editsOf(body, scan, model, tierWord);
  if (edits === null) return inside?.outer.body ?? body;
  const pieces = splice(body, scan, edits);
  if (inside === undefined) return Buffer.concat(pieces);
  const { outer, name } = inside;
  return Buffer.concat(splice(outer.body, outer.scan, { [name]: pieces } as Edits<RoutedName>));
}

/** Null: the bytes can stay as they are. The path says the model, so that the body is only changed where it says it as well. */
function editsOf(
  body: Buffer,
  { members, duplicates }: Scan<RoutedName>,
  model: string,
  tierWord: string | null,
): Edits<RoutedName> | null {
  const edits: { [name in RoutedName]?: Replacement } = {};
  const put = (name: RoutedName, text: string | null): void => {
    const member = members[name];
    const stays = member === undefined ? text === null : rawText(body, member) === text && !duplicates.includes(name);
    if (!stays) edits[name] = text;
  };
  // Tuned models have a collection of their own in their names.
  const resource = model.includes('/') ? model : `models/${model}`;
  if (members.model !== undefined) put('model', JSON.stringify(resource));
  const tier = members.service_tier === undefined ? 'serviceTier' : 'service_tier';
  put(tier, tierWord === null ? null : JSON.stringify(tierWord));
  const contents = ownContents(body, members.contents);
  if (contents !== null) edits.contents = contents;
  return Object.keys(edits).length === 0 ? null : edits;
}
