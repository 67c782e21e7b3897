import { isBuiltin } from 'node:module';
import type { Finding } from '../finding.ts';
import { isTestSide, leftOf, resolved, roomOf, SCOPE } from '../rooms.ts';
import type { Source } from '../source.ts';
import type { Tree } from '../tree.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * A room imports only from rooms to its left and only through their index, what its manifest and its TypeScript references
 * say is what its sources do, and nobody reaches into a room from outside.
 */
export function roomImports(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  const taken = new Map<string, Set<string>>();
  for (const source of tree.sources.values()) {
    const room = roomOf(source.path);
    if (room !== undefined && !taken.has(room)) taken.set(room, new Set());
    for (const { from, line } of source.imports) {
      const what = room === undefined ? wrongFromOutside(source, from) : wrongInRoom(source, room, from);
      if (what !== undefined) findings.push({ file: source.path, line, what });
      if (room === undefined || isTestSide(source.path) || !source.path.startsWith(`packages/${room}/src/`)) continue;
      if (!from.startsWith('.') && !isBuiltin(from)) taken.get(room)!.add(packageOf(from));
    }
  }
  for (const [room, packages] of taken) findings.push(...manifestFindings(tree, room, packages));
  return findings;
}

function wrongInRoom(source: Source, room: string, from: string): string | undefined {
  if (from.startsWith('.')) {
    // Paths to documents and manifests that a test or script reads are no imports.
    if (!/\.[jt]s$/.test(from)) return undefined;
    const target = resolved(source.path, from);
    return roomOf(target) === room ? undefined : `imports ${target} past the package index`;
  }
  if (!from.startsWith(SCOPE)) return undefined;
  const left = leftOf(room);
  if (left === undefined) return `is in the room ${room}, which has no place in the plan (test/tidy/rooms.ts)`;
  const [other = '', ...inside] = from.slice(SCOPE.length).split('/');
  if (inside.length > 0) return `imports ${from}; a room is entered through its index, ${SCOPE}${other}`;
  return left.includes(other) ? undefined : `imports ${from}, which is not to the left of ${room}`;
}

function wrongFromOutside(source: Source, from: string): string | undefined {
  if (from.startsWith(SCOPE))
    return from.split('/').length === 2 ? undefined : `imports ${from} past the package index`;
  if (!from.startsWith('.') || !/\.[jt]s$/.test(from)) return undefined;
  const target = resolved(source.path, from);
  // A process that is started from outside is an entry, not an import: the command line is run as its file.
  return roomOf(target) === undefined || target.startsWith('packages/cli/')
    ? undefined
    : `imports ${target} past the package index`;
}

function manifestFindings(tree: Tree, room: string, packages: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = [];
  const file = `packages/${room}/package.json`;
  const manifest = JSON.parse(tree.texts.get(file) ?? '{}') as Manifest;
  const stated = new Set(Object.keys(manifest.dependencies ?? {}));
  for (const name of packages)
    if (!stated.has(name)) findings.push({ file, what: `lacks ${name}, which its sources import` });
  for (const name of stated)
    if (!packages.has(name)) findings.push({ file, what: `names ${name}, which no source imports` });

  const project = `packages/${room}/tsconfig.json`;
  const config = JSON.parse(tree.texts.get(project) ?? '{}') as { references?: readonly { path: string }[] };
  const references = new Set(config.references?.map(({ path }) => path.replace('../', SCOPE)));
  const rooms = [...stated].filter((name) => name.startsWith(SCOPE));
  for (const name of rooms)
    if (!references.has(name)) findings.push({ file: project, what: `lacks a reference to ${name}` });
  for (const name of references) {
    if (!rooms.includes(name)) findings.push({ file: project, what: `refers to ${name}, which ${file} does not name` });
  }
  return findings;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}
