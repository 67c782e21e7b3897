import type { Finding } from '../finding.ts';
import type { Tree } from '../tree.ts';

/** A TypeScript file in backticks, with or without its folders. Capitals stand for a name that the reader fills in. */
const NAMED = /`([a-z\d_./-]+\.ts)`/g;

/** Every source file that a page names is there: as a whole path, or as the end of one. */
export function namedFiles(tree: Tree): Finding[] {
  const paths = [...tree.sources.keys()].map((path) => `/${path}`);
  const findings: Finding[] = [];
  for (const [file, text] of tree.texts) {
    if (!file.endsWith('.md')) continue;
    for (const [index, content] of text.split('\n').entries()) {
      for (const [, name = ''] of content.matchAll(NAMED)) {
        // Pages name files from a room on, where its sources are in src/.
        const found = paths.some(
          (path) => path.endsWith(`/${name}`) || path.replace('/src/', '/').endsWith(`/${name}`),
        );
        if (!found) findings.push({ file, line: index + 1, what: `names ${name}, which is not there` });
      }
    }
  }
  return findings;
}
