import { isPair, isScalar, isSeq, visit, type Document, type Scalar } from 'yaml';
import type { PathPart, RawProblem } from './problems.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** `$${` stands for a literal `${`. */
const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface Substitution {
  readonly text: string;
  /** At least one variable was put in: the text may hold a secret. */
  readonly replaced: boolean;
  readonly problems: readonly string[];
}

/** Replaces `${NAME}` by the variable's value, wherever it is written; nothing else of the environment is ever read. */
export function substitute(text: string, env: Env): Substitution {
  const problems: string[] = [];
  let replaced = false;
  const result = text.replace(REFERENCE, (whole, name: string | undefined, end: string) => {
    if (name === undefined) return '${';
    if (end === '') {
      problems.push('a ${ has no closing }; write $${ for a literal ${');
      return whole;
    }
    if (!NAME.test(name)) {
      problems.push(`\${${name}} is not the name of an environment variable; write $\${ for a literal \${`);
      return whole;
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined) {
      problems.push(`the environment variable ${name} is not set; set it, or write $\${ for a literal \${`);
      return whole;
    }
    replaced = true;
    return value;
  });
  return { text: result, replaced, problems };
}

/**
 * In a flow map (`{ apiKey: ${KEY} }`) YAML would end the text at the brace. Two private characters stand in for the braces
 * while it parses; nothing changes its length, so that lines and columns stay true.
 */
const OPEN = '\uE000';
const CLOSE = '\uE001';

export function protectReferences(text: string): string {
  return text.replace(/\$\{([^{}\s,]*)\}/g, `$$${OPEN}$1${CLOSE}`);
}

function unprotect(text: string): string {
  return text.replaceAll(OPEN, '{').replaceAll(CLOSE, '}');
}

export interface DocumentSubstitution {
  /** Scalars that hold a variable's value now, each with what is written in the file. */
  readonly written: ReadonlyMap<Scalar, string>;
  readonly problems: readonly RawProblem[];
}

/**
 * Substitutes in every string value of a document that was parsed from a protected text; keys are left alone. It works on the
 * parsed tree: a variable's value is always one string, and cannot bring YAML of its own.
 */
export function substituteDocument(doc: Document, env: Env): DocumentSubstitution {
  const written = new Map<Scalar, string>();
  const problems: RawProblem[] = [];
  visit(doc, {
    Scalar(position, node, ancestors) {
      if (typeof node.value !== 'string') return;
      const source = unprotect(node.value);
      node.value = source;
      if (position === 'key') return;
      const result = substitute(source, env);
      for (const message of result.problems) problems.push({ path: pathOf([...ancestors, node]), message });
      node.value = result.text;
      if (result.replaced) written.set(node, source);
    },
  });
  return { written, problems };
}

function pathOf(nodes: readonly unknown[]): PathPart[] {
  return nodes.flatMap((node, index): PathPart[] => {
    if (isPair(node)) return [String(isScalar(node.key) ? node.key.value : node.key)];
    return isSeq(node) ? [node.items.indexOf(nodes[index + 1])] : [];
  });
}
