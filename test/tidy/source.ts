import ts from 'typescript';

/** One import, re-export, dynamic import, or path handed to `new URL(..., import.meta.url)`. */
export interface Import {
  readonly from: string;
  readonly line: number;
  /** Names that are taken from it; `*` for all of them. */
  readonly names: readonly string[];
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly Import[];
  /** Exported names that are declared here, or passed on by name. Types of a declaration are left out: signatures need them. */
  readonly exports: readonly string[];
}

export function parseSource(path: string, text: string): Source {
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
  const imports: Import[] = [];
  const exports: string[] = [];
  const add = (node: ts.Node, from: ts.Node, names: readonly string[]): void => {
    if (ts.isStringLiteralLike(from)) imports.push({ from: from.text, line: lineOf(ast, node), names });
  };
  visit(ast, (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, namesOfImport(node.importClause));
    else if (ts.isExportDeclaration(node)) {
      const named = node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause : null;
      exports.push(...(named?.elements.map(({ name }) => name.text) ?? []));
      const names = named?.elements.map(({ name, propertyName }) => (propertyName ?? name).text) ?? ['*'];
      if (node.moduleSpecifier !== undefined) add(node, node.moduleSpecifier, names);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (node.arguments[0] !== undefined) add(node, node.arguments[0], ['*']);
    } else if (ts.isNewExpression(node) && isUrlOfThisModule(node)) add(node, node.arguments![0]!, ['*']);
    else exports.push(...declaredExports(node));
  });
  return { path, text, ast, imports, exports };
}

export function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => {
    visit(child, see);
  });
}

export function lineOf(ast: ts.SourceFile, node: ts.Node): number {
  return ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
}

function namesOfImport(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined) return [];
  const { namedBindings } = clause;
  const names = clause.name === undefined ? [] : ['default'];
  if (namedBindings === undefined) return names;
  if (ts.isNamespaceImport(namedBindings)) return [...names, '*'];
  return [...names, ...namedBindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text)];
}

function isUrlOfThisModule(node: ts.NewExpression): boolean {
  const [path, base] = node.arguments ?? [];
  return node.expression.getText() === 'URL' && path !== undefined && base?.getText() === 'import.meta.url';
}

function declaredExports(node: ts.Node): string[] {
  if (!ts.canHaveModifiers(node)) return [];
  if (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) !== true) return [];
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return [];
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = node as { name?: ts.Node };
  return name === undefined ? [] : [name.getText()];
}
