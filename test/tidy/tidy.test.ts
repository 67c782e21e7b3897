import { beforeAll, expect, test } from 'vitest';
import { readVerbs } from './cli-help.ts';
import { toldOf } from './finding.ts';
import { commands, type Verbs } from './rules/commands.ts';
import { deadExports } from './rules/dead-exports.ts';
import { deadFiles } from './rules/dead-files.ts';
import { lengths, tooLong } from './rules/length.ts';
import { links } from './rules/links.ts';
import { machinePaths } from './rules/machine-paths.ts';
import { markers } from './rules/markers.ts';
import { namedFiles } from './rules/named-files.ts';
import { purity } from './rules/purity.ts';
import { roomImports } from './rules/room-imports.ts';
import { readTree } from './tree.ts';

/**
 * A test of the code base: what a reader relies on and no compiler checks. rules.test.ts shows that each rule can fail.
 */
const tree = readTree();
const LONGEST_SHOWN = 10;

let verbs: Verbs;
beforeAll(async () => {
  verbs = await readVerbs();
});

test('the whole tree is read', () => {
  expect(tree.sources.size).toBeGreaterThan(200);
  expect(tree.texts.has('README.md')).toBe(true);
  expect([...verbs.keys()].sort()).toEqual([
    'check',
    'engine',
    'keys',
    'keys create',
    'keys list',
    'keys revoke',
    'replay',
    'serve',
    'simulate',
    'usage',
  ]);
});

test('a room imports only from its left, through the index, and says so in its manifest', () => {
  expect(toldOf(roomImports(tree))).toEqual([]);
});

test('core and dialects are pure', () => {
  expect(toldOf(purity(tree))).toEqual([]);
});

test('every file is used', () => {
  expect(toldOf(deadFiles(tree))).toEqual([]);
});

test('no check is switched off and no work put off', () => {
  expect(toldOf(markers(tree))).toEqual([]);
});

test('every file can be read at one sitting', () => {
  const longest = lengths(tree).slice(0, LONGEST_SHOWN);
  console.log(
    ['The longest files:', ...longest.map(({ file, lines }) => `${String(lines).padStart(5)} ${file}`)].join('\n'),
  );
  expect(toldOf(tooLong(tree))).toEqual([]);
});

test('every link leads somewhere', () => {
  expect(toldOf(links(tree))).toEqual([]);
});

test('every source file that a page names is there', () => {
  expect(toldOf(namedFiles(tree))).toEqual([]);
});

test('every command on a page exists', () => {
  const manifest = JSON.parse(tree.texts.get('package.json')!) as { scripts: Record<string, string> };
  expect(toldOf(commands(tree, new Set(Object.keys(manifest.scripts)), verbs))).toEqual([]);
});

test("no page or source knows a developer's machine", () => {
  expect(toldOf(machinePaths(tree))).toEqual([]);
});

test('exports that nobody takes are shown', () => {
  const { ofRooms, ofFiles } = deadExports(tree);
  const rooms = [...ofRooms].map(([room, names]) => `  ${room}: ${names.join(', ')}`);
  console.log(['Taken by no other room:', ...rooms, 'Taken by no other file:', ...ofFiles].join('\n'));
});
