import { posix } from 'node:path';
import type { Finding } from '../finding.ts';
import type { Tree } from '../tree.ts';

const LINK = /\[[^\]]*\]\(([^()\s]+)\)/g;
const FENCE = /^(```|~~~)/;

/** Every relative link of a page leads to a file that is there, and to a heading that is in it. */
export function links(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of tree.texts) {
    if (!file.endsWith('.md')) continue;
    for (const { line, content } of proseOf(text)) {
      for (const [, target = ''] of content.matchAll(LINK)) {
        const what = wrongWith(tree, file, target);
        if (what !== undefined) findings.push({ file, line, what });
      }
    }
  }
  return findings;
}

/** A page without its code blocks: what looks like a link there is none. */
export function proseOf(text: string): { readonly line: number; readonly content: string }[] {
  let fenced = false;
  return text.split('\n').flatMap((content, index) => {
    if (FENCE.test(content)) fenced = !fenced;
    return fenced || FENCE.test(content) ? [] : [{ line: index + 1, content: content.replaceAll(/`[^`]*`/g, '') }];
  });
}

function wrongWith(tree: Tree, file: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const page = path === '' ? file : posix.join(posix.dirname(file), path).replace(/\/$/, '');
  if (!tree.paths.has(page)) return `links to ${target}, which is not there`;
  if (anchor === undefined) return undefined;
  const text = tree.texts.get(page);
  if (text === undefined || !page.endsWith('.md')) return undefined;
  return anchorsOf(text).has(anchor) ? undefined : `links to ${target}, and ${page} has no such heading`;
}

/** As code hosts make them: lower case, spaces to dashes, punctuation dropped. */
function anchorsOf(text: string): Set<string> {
  const headings = text.split('\n').flatMap((line) => /^#{1,6}\s+(.*)$/.exec(line)?.[1] ?? []);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}
