import { posix } from 'node:path';
import type { Finding } from '../finding.ts';
import { isTestSide, resolved } from '../rooms.ts';
import type { Tree } from '../tree.ts';

/** Files that are started or read by a tool and not imported. */
const ENTRIES: readonly RegExp[] = [
  /^packages\/[^/]+\/src\/index\.ts$/,
  /^packages\/cli\/(?:src\/main\.ts|bin\/.*)$/,
  /^packages\/[^/]+\/scripts\//,
  /^bench\/(?:run|[^/]+\/main)\.ts$/,
  /^examples\//,
  /\.test\.ts$/,
  /^test\/setup\//,
  /^[^/]+\.(?:config)\.[jt]s$/,
];

/**
 * Every source file is reached from something that is started; and what only tests reach stands in a folder that says so, so that
 * nobody takes it for a part of the product.
 */
export function deadFiles(tree: Tree): Finding[] {
  const entries = [...tree.sources.keys()].filter((path) => ENTRIES.some((entry) => entry.test(path)));
  const reached = reachedFrom(tree, entries);
  const inProduct = reachedFrom(
    tree,
    entries.filter((path) => !isTestSide(path)),
  );
  const findings: Finding[] = [];
  for (const path of tree.sources.keys()) {
    if (!reached.has(path)) findings.push({ file: path, what: 'is not imported by anything and is no entry' });
    else if (!inProduct.has(path) && !isTestSide(path)) {
      findings.push({ file: path, what: 'is reached by tests only; it belongs into a folder testing/' });
    }
  }
  return findings;
}

function reachedFrom(tree: Tree, entries: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    const source = tree.sources.get(path);
    if (source === undefined) continue;
    reached.add(path);
    for (const { from } of source.imports) if (from.startsWith('.')) queue.push(posix.normalize(resolved(path, from)));
  }
  return reached;
}
