import { isBuiltin } from 'node:module';
import ts from 'typescript';
import type { Finding } from '../finding.ts';
import { PURE_ROOMS, roomOf } from '../rooms.ts';
import { lineOf, visit, type Source } from '../source.ts';
import type { Tree } from '../tree.ts';

/** Ways to a clock, to chance, to the outside or to later. `globalThis` would lead to all of them. */
const GLOBALS = new Set([
  'process',
  'performance',
  'fetch',
  'crypto',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'globalThis',
  'require',
  'XMLHttpRequest',
  'WebSocket',
]);

const MEMBERS = new Set(['Date.now', 'Math.random']);

/** Time arrives in core and dialects as a parameter, and nothing there acts by itself. Their tests may do as they like. */
export function purity(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const source of tree.sources.values()) {
    const room = roomOf(source.path);
    if (room === undefined || !PURE_ROOMS.includes(room) || source.path.endsWith('.test.ts')) continue;
    for (const { from, line } of source.imports) {
      if (isBuiltin(from)) findings.push({ file: source.path, line, what: `imports ${from}` });
    }
    findings.push(...impureCode(source));
  }
  return findings;
}

function impureCode({ path, ast }: Source): Finding[] {
  const findings: Finding[] = [];
  visit(ast, (node) => {
    const what = impurityOf(node);
    if (what !== undefined) findings.push({ file: path, line: lineOf(ast, node), what: `uses ${what}` });
  });
  return findings;
}

function impurityOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    const member = memberOf(node);
    return MEMBERS.has(member) ? member : undefined;
  }
  if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Date') {
    const reads = ts.isCallExpression(node) || (node.arguments?.length ?? 0) === 0;
    return reads ? `${node.getText()}, which reads the clock` : undefined;
  }
  return ts.isIdentifier(node) && GLOBALS.has(node.text) && isReference(node) ? node.text : undefined;
}

function memberOf(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string {
  const name = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : ts.isStringLiteralLike(node.argumentExpression)
      ? node.argumentExpression.text
      : '';
  return `${node.expression.getText()}.${name}`;
}

/** A member, a property or a label of that name is something else: Groq has a tier that is called `performance`. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent))
    return !('name' in parent && parent.name === node);
  const isName =
    (ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent)) && parent.name === node;
  return !isName;
}
