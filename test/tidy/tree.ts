import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSource, type Source } from './source.ts';

/** What is made by tools or by running the product; nobody reads it. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.offpeak', '.cache', 'results', '.playwright']);
const TEXT = /\.(?:ts|js|mjs|json|md|ya?ml|sh|py|c)$|(?:^|\/)(?:run|\.npmrc|\.gitignore|\.prettierignore)$/;

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** The code base as the rules see it: paths from its root, with forward slashes. */
export interface Tree {
  /** Every text file. */
  readonly texts: ReadonlyMap<string, string>;
  /** The TypeScript and JavaScript among them. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Every file, text or not, and every folder: what a link may point at. */
  readonly paths: ReadonlySet<string>;
}

export function readTree(root: string = ROOT): Tree {
  const files = new Map<string, string>();
  const paths = new Set<string>();
  walk(root, (path, isFolder) => {
    const name = relative(root, path).replaceAll('\\', '/');
    paths.add(name);
    if (!isFolder && TEXT.test(name)) files.set(name, readFileSync(path, 'utf8'));
  });
  return treeOf(files, paths);
}

/** Made of texts alone, so that a rule can be tried on a few lines. */
export function treeOf(texts: ReadonlyMap<string, string>, paths: Iterable<string> = texts.keys()): Tree {
  const sources = new Map<string, Source>();
  for (const [path, text] of texts) if (/\.(?:ts|js|mjs)$/.test(path)) sources.set(path, parseSource(path, text));
  return { texts, sources, paths: new Set(paths) };
}

function walk(folder: string, seen: (path: string, isFolder: boolean) => void): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    seen(path, entry.isDirectory());
    if (entry.isDirectory()) walk(path, seen);
  }
}
