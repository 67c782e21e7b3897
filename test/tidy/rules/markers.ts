import ts from 'typescript';
import type { Finding } from '../finding.ts';
import { lineOf, visit, type Source } from '../source.ts';
import type { Tree } from '../tree.ts';

/** Comments that switch a check off, or that put work off. */
const IN_COMMENTS =
  /@ts-(?:ignore|expect-error|nocheck)|eslint-(?:disable|enable)|prettier-ignore|\b(?:TODO|FIXME|XXX|HACK)\b/;
const TEST_NAMES = new Set(['test', 'it', 'describe', 'suite', 'bench']);
const TEST_SWITCHES = new Set(['only', 'skip', 'todo', 'fails']);

export function markers(tree: Tree): Finding[] {
  return [...tree.sources.values()].flatMap((source) => [...commentFindings(source), ...testFindings(source)]);
}

function commentFindings({ path, ast, text }: Source): Finding[] {
  const findings: Finding[] = [];
  for (const comment of commentsOf(ast, text)) {
    const marker = IN_COMMENTS.exec(text.slice(comment.pos, comment.end))?.[0];
    if (marker === undefined) continue;
    const line = ast.getLineAndCharacterOfPosition(comment.pos).line + 1;
    findings.push({ file: path, line, what: `has ${marker} in a comment` });
  }
  return findings;
}

/** Comments stand before or after a token; strings and templates are tokens, so what looks like a comment there is none. */
function commentsOf(ast: ts.SourceFile, text: string): Iterable<ts.CommentRange> {
  const found = new Map<number, ts.CommentRange>();
  const collect = (node: ts.Node): void => {
    const before = node.getFullStart();
    // What follows a token on its line begins where the next one's full text does.
    for (const range of ts.getTrailingCommentRanges(text, before) ?? []) found.set(range.pos, range);
    for (const range of ts.getLeadingCommentRanges(text, before) ?? []) found.set(range.pos, range);
    for (const child of node.getChildren(ast)) collect(child);
  };
  collect(ast);
  return found.values();
}

function testFindings({ path, ast }: Source): Finding[] {
  const findings: Finding[] = [];
  visit(ast, (node) => {
    if (!ts.isPropertyAccessExpression(node) || !TEST_SWITCHES.has(node.name.text)) return;
    let root: ts.Expression = node.expression;
    while (ts.isPropertyAccessExpression(root) || ts.isCallExpression(root)) root = root.expression;
    if (!ts.isIdentifier(root) || !TEST_NAMES.has(root.text)) return;
    findings.push({ file: path, line: lineOf(ast, node), what: `has ${root.text}.${node.name.text}` });
  });
  return findings;
}
