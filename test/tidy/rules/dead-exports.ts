import { resolved, roomOf, SCOPE } from '../rooms.ts';
import type { Tree } from '../tree.ts';

/**
 * Names that a room offers in its index and nobody outside it takes, and names that a file exports and no other file takes. A
 * reader judges them: a type may be there to be inferred, and a library's index serves readers that are not here.
 */
export function deadExports(tree: Tree): { readonly ofRooms: Map<string, string[]>; readonly ofFiles: string[] } {
  const taken = new Map<string, Set<string>>();
  for (const source of tree.sources.values()) {
    for (const { from, names } of source.imports) {
      const target = from.startsWith(SCOPE)
        ? `packages/${from.slice(SCOPE.length)}/src/index.ts`
        : resolved(source.path, from);
      const known = taken.get(target) ?? new Set<string>();
      for (const name of names) known.add(name);
      taken.set(target, known);
    }
  }
  const docs = [...tree.texts].filter(([path]) => path.endsWith('.md')).map(([, text]) => text);
  const ofRooms = new Map<string, string[]>();
  const ofFiles: string[] = [];
  for (const { path, exports } of tree.sources.values()) {
    const room = roomOf(path);
    if (room === undefined) continue;
    const isIndex = path === `packages/${room}/src/index.ts`;
    const used = taken.get(path);
    if (used?.has('*') === true) continue;
    for (const name of exports) {
      if (used?.has(name) === true || docs.some((text) => text.includes(name))) continue;
      if (isIndex) ofRooms.set(room, [...(ofRooms.get(room) ?? []), name]);
      else ofFiles.push(`${path} ${name}`);
    }
  }
  return { ofRooms, ofFiles };
}
