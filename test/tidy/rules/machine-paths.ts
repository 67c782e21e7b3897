import type { Finding } from '../finding.ts';
import type { Tree } from '../tree.ts';

/** Folders of somebody's own machine; they mean nothing on another one. */
const PERSONAL = /(?<![\w.:/-])\/(?:home|Users|root|work)\/[\w.-]+|[A-Z]:\\Users\\/;
/** Written by npm, and full of addresses. */
const GENERATED = new Set(['package-lock.json']);

export function machinePaths(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of tree.texts) {
    if (GENERATED.has(file)) continue;
    for (const [index, content] of text.split('\n').entries()) {
      const path = PERSONAL.exec(content)?.[0];
      if (path !== undefined) findings.push({ file, line: index + 1, what: `has ${path}, a path of one machine` });
    }
  }
  return findings;
}
