import { expect, test } from 'vitest';
import { toldOf, type Finding } from './finding.ts';
import { commands } from './rules/commands.ts';
import { deadExports } from './rules/dead-exports.ts';
import { deadFiles } from './rules/dead-files.ts';
import { LINES_MAX, tooLong } from './rules/length.ts';
import { links } from './rules/links.ts';
import { machinePaths } from './rules/machine-paths.ts';
import { markers } from './rules/markers.ts';
import { namedFiles } from './rules/named-files.ts';
import { purity } from './rules/purity.ts';
import { roomImports } from './rules/room-imports.ts';
import { treeOf, type Tree } from './tree.ts';

/** Each rule is given a few files that break it, and files that look as if they did. */
function tried(rule: (tree: Tree) => Finding[], texts: Record<string, string>): string[] {
  return toldOf(rule(treeOf(new Map(Object.entries(texts)), Object.keys(texts))));
}

function manifest(...names: string[]): string {
  return JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '1'])) });
}

function references(...rooms: string[]): string {
  return JSON.stringify({ references: rooms.map((room) => ({ path: `../${room}` })) });
}

const DIALECTS = {
  'packages/dialects/package.json': manifest('@offpeak/core'),
  'packages/dialects/tsconfig.json': references('core'),
};

test.each([
  ["import { a } from '@offpeak/core';", []],
  ["import { a } from '@offpeak/core';\nimport { b } from '@offpeak/gateway';", ['to the left']],
  ["import { a } from '@offpeak/core';\nimport { b } from '@offpeak/core/src/a.ts';", ['entered through its index']],
  ["import { a } from '@offpeak/core';\nexport * from '../../core/src/a.ts';", ['past the package index']],
  ["import { a } from '@offpeak/core';\nconst b = await import('@offpeak/engine');", ['to the left']],
  ["import { a } from '@offpeak/core';\nimport zod from 'zod';", ['lacks zod']],
  ['export const a = 1;', ['names @offpeak/core, which no source imports']],
])('room imports: %s', (text, wanted) => {
  const found = tried(roomImports, { ...DIALECTS, 'packages/dialects/src/index.ts': text });
  for (const what of wanted) expect(found.join('\n')).toContain(what);
  if (wanted.length === 0) expect(found).toEqual([]);
});

test('room imports: rooms of one column, unknown rooms, tests from outside, references', () => {
  const alone = { 'packages/gateway/package.json': manifest(), 'packages/gateway/tsconfig.json': references() };
  expect(tried(roomImports, { ...alone, 'packages/gateway/src/a.test.ts': "import '@offpeak/lab';" })).toHaveLength(1);
  expect(tried(roomImports, { 'packages/cellar/src/index.ts': "import '@offpeak/core';" }).join()).toContain(
    'no place',
  );
  expect(tried(roomImports, { 'test/a.test.ts': "import '../packages/core/src/b.ts';" })).toHaveLength(1);
  expect(tried(roomImports, { 'test/a.test.ts': "import '@offpeak/core';\nimport './b.ts';" })).toEqual([]);
  const unreferenced = { ...DIALECTS, 'packages/dialects/tsconfig.json': references('engine') };
  expect(
    tried(roomImports, { ...unreferenced, 'packages/dialects/src/index.ts': "import '@offpeak/core';" }),
  ).toHaveLength(2);
});

test.each([
  "import { readFileSync } from 'node:fs';",
  "import { readFileSync } from 'fs';",
  'export const at = Date.now();',
  "export const at = Date['now']();",
  'export const at = new Date();',
  'export const at = Date();',
  'export const chance = Math.random();',
  'export const at = performance.now();',
  'setTimeout(() => 1, 2);',
  'const later = setImmediate;',
  'export const home = process.env.HOME;',
  "export const page = fetch('x');",
  'export const id = crypto.randomUUID();',
  'export const at = globalThis.Date;',
])('purity: %s', (text) => {
  expect(tried(purity, { 'packages/core/src/a.ts': text })).not.toEqual([]);
  expect(tried(purity, { 'packages/core/src/a.test.ts': text })).toEqual([]);
  expect(tried(purity, { 'packages/gateway/src/a.ts': text })).toEqual([]);
});

test.each([
  "export const SERVED = { priority: 'performance', performance: 1 };",
  'export const at = new Date(12);',
  'export interface Upstream { fetch(): void; process: string }',
  'export const called = upstream.fetch();',
  '// setTimeout and process.env are told of here',
])('purity leaves alone: %s', (text) => {
  expect(tried(purity, { 'packages/dialects/src/a.ts': text })).toEqual([]);
});

test('dead files: unreached, reached by tests only, and reached', () => {
  const index = {
    'packages/core/src/index.ts': "export { a } from './a.ts';",
    'packages/core/src/a.ts': 'export const a = 1;',
  };
  expect(tried(deadFiles, index)).toEqual([]);
  expect(tried(deadFiles, { ...index, 'packages/core/src/b.ts': '' }).join()).toContain('not imported by anything');
  const helper = { 'packages/core/src/b.test.ts': "import './b.ts';", 'packages/core/src/b.ts': '' };
  expect(tried(deadFiles, { ...index, ...helper }).join()).toContain('tests only');
  const inPlace = { 'packages/core/src/b.test.ts': "import './testing/b.ts';", 'packages/core/src/testing/b.ts': '' };
  expect(tried(deadFiles, { ...index, ...inPlace })).toEqual([]);
  const started = { 'bench/x/main.ts': "new URL('./child.ts', import.meta.url);", 'bench/x/child.ts': '' };
  expect(tried(deadFiles, started)).toEqual([]);
});

test('dead exports are found, and those that are taken are not', () => {
  const texts = {
    'packages/core/src/index.ts': "export { a } from './a.ts';\nexport { b } from './a.ts';",
    'packages/core/src/a.ts': 'export const a = 1;\nexport const b = 2;\nexport function lonely(): void {}',
    'packages/cli/src/main.ts': "import { a } from '@offpeak/core';",
  };
  const found = deadExports(treeOf(new Map(Object.entries(texts))));
  expect(found).toEqual({ ofRooms: new Map([['core', ['b']]]), ofFiles: ['packages/core/src/a.ts lonely'] });
});

const SLASHES = '//';

test.each([
  [`${SLASHES} eslint-disable-next-line no-console\nexport const a = 1;`, 'eslint-disable'],
  ['export const a = 1; /* @ts-ignore */', '@ts-ignore'],
  [`export function a(): void {\n  ${SLASHES} TODO: later\n}`, 'TODO'],
  [`export const a = [\n  1, ${SLASHES} FIXME\n];`, 'FIXME'],
  ["test.only('a', () => 1);", 'test.only'],
  ["describe.skip('a', () => 1);", 'describe.skip'],
  ["test.each([1]).only('a', () => 1);", 'test.only'],
])('markers: %s', (text, what) => {
  expect(tried(markers, { 'a.test.ts': text }).join()).toContain(what);
});

test('markers leave strings and other members alone', () => {
  expect(tried(markers, { 'a.ts': "const a = '// TODO';\nlist.only(1);\nconst b = `@ts-ignore`;" })).toEqual([]);
});

test('length: more lines than may be, in a source and not in a test', () => {
  const long = 'a();\n'.repeat(LINES_MAX + 1);
  expect(tried(tooLong, { 'a.ts': long, 'a.test.ts': long, 'b.ts': 'a();\n'.repeat(LINES_MAX) })).toEqual([
    `a.ts has ${LINES_MAX + 1} lines, more than ${LINES_MAX}`,
  ]);
});

test('links: a file, a folder, a heading, and none of them', () => {
  const texts = { 'docs/a.md': '# One `two`: three\n', 'docs/b.ts': '' };
  const page = (text: string): string[] => tried(links, { ...texts, 'README.md': text });
  expect(page('[a](docs/a.md) [h](docs/a.md#one-two-three) [here](#top) [s](docs/b.ts)\n# Top')).toEqual([]);
  expect(page('[a](https://example.com/x) and `[a](nowhere.md)`\n```\n[a](nowhere.md)\n```')).toEqual([]);
  expect(page('[a](docs/none.md)')).toHaveLength(1);
  expect(page('[a](docs/a.md#four)')).toHaveLength(1);
  expect(page('[a](#nothing)')).toHaveLength(1);
});

test('named files: whole, from a room on, by the end, and gone', () => {
  const page = (text: string): string[] =>
    tried(namedFiles, { 'a.md': text, 'packages/core/src/limits/gcra.ts': '', 'test/e2e/b.test.ts': '' });
  expect(page('`gcra.ts` `limits/gcra.ts` `core/limits/gcra.ts` `test/e2e/b.test.ts` `*.test.ts` `a.md`')).toEqual([]);
  expect(page('`limits/gone.ts`')).toHaveLength(1);
  expect(page('`cra.ts`')).toHaveLength(1);
});

test.each([
  ['```sh\nnpm ci && npm start\n```', 0],
  ['`npm run bench -- overhead`', 0],
  ['`npx offpeak serve --upstream URL --port 80 && offpeak keys create --project a`', 0],
  ['`offpeak keys list | grep --color x`', 0],
  ['```sh\nnpx offpeak serve \\\n  --upstream URL \\\n  --colour red\n```', 1],
  ['`npm run nothing`', 1],
  ['`npm build`', 1],
  ['`offpeak dance`', 1],
  ['`offpeak keys create --upstream x`', 1],
])('commands: %s', (text, wrong) => {
  const scripts = new Set(['start', 'test', 'bench']);
  const verbs = new Map([
    ['serve', new Set(['--upstream', '--port'])],
    ['keys', new Set<string>()],
    ['keys create', new Set(['--project'])],
    ['keys list', new Set<string>()],
  ]);
  expect(tried((tree) => commands(tree, scripts, verbs), { 'README.md': text })).toHaveLength(wrong);
});

test('machine paths: a home, and what only looks like one', () => {
  const home = ['', 'home', 'ada', 'offpeak'].join('/');
  expect(tried(machinePaths, { 'a.md': `run it in ${home}` })).toHaveLength(1);
  expect(tried(machinePaths, { 'a.md': 'https://example.com/home/page and ./work/it' })).toEqual([]);
});
