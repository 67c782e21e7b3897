import { readFileSync } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { LineCounter, parseDocument, type Scalar } from 'yaml';
import { redact } from '../telemetry/redact.ts';
import type { Config } from './config.ts';
import { crossCheck } from './cross.ts';
import { explainIssues } from './explain.ts';
import { findLaterWords } from './later.ts';
import { Locator } from './locate.ts';
import { pathText, type ConfigProblem, type PathPart, type RawProblem } from './problems.ts';
import type { RawConfig } from './raw.ts';
import { resolveConfig } from './resolve.ts';
import { checkShape } from './schema.ts';
import { protectReferences, substituteDocument, type Env } from './substitute.ts';

export type ConfigResult =
  { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export interface LoadOptions {
  /** Where the text is from: relative paths in it begin at this file's folder. Absent: the working directory. */
  readonly file?: string;
  readonly env: Env;
}

const CONFIG_LENGTH_MAX = 4 * 1024 * 1024;
/** A longer list of mistakes helps nobody. */
const PROBLEMS_MAX = 50;
const SHOWN_LENGTH_MAX = 80;

/** Text to configuration, or to all that is wrong with it. An empty text is all defaults. */
export function loadConfig(text: string, { file, env }: LoadOptions): ConfigResult {
  if (text.length > CONFIG_LENGTH_MAX)
    return refused([{ path: '', message: `is longer than ${CONFIG_LENGTH_MAX} characters` }]);
  const lines = new LineCounter();
  // Pretty errors quote the line, and with it whatever secret stands there.
  const doc = parseDocument(protectReferences(text), { lineCounter: lines, prettyErrors: false });
  const locator = new Locator(doc, lines);
  // The first one is the mistake; the others are what the parser made of the rest.
  const [fault] = doc.errors;
  if (fault !== undefined) {
    const what = fault.message.replace(/: ".*$/s, '');
    return refused([{ path: '', ...locator.placeAt(fault.pos[0]), message: `not valid YAML: ${what}` }]);
  }
  const { written, problems: unset } = substituteDocument(doc, env);
  if (unset.length > 0) return refused(unset.map((problem) => located(problem, locator, written)));

  let value: unknown;
  try {
    value = doc.toJS() ?? {};
  } catch (error) {
    // Aliases that stand for more than the parser is willing to build.
    return refused([
      { path: '', message: `not usable YAML: ${error instanceof Error ? error.message : String(error)}` },
    ]);
  }
  const checked = check(value);
  if (!checked.ok) return refused(checked.problems.map((problem) => located(problem, locator, written)));
  const folder = file === undefined ? process.cwd() : dirname(resolvePath(file));
  return { ok: true, config: resolveConfig(checked.raw, folder) };
}

/** The same for a file; one that cannot be read is a problem like any other. */
export function loadConfigFile(file: string, env: Env): ConfigResult {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return refused([
      { path: '', message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` },
    ]);
  }
  return loadConfig(text, { file, env });
}

type Checked =
  { readonly ok: true; readonly raw: RawConfig } | { readonly ok: false; readonly problems: readonly RawProblem[] };

function check(value: unknown): Checked {
  const later = findLaterWords(value);
  const shape = checkShape(value);
  if (!shape.success) {
    // What is told of a section that this build does not have is all there is to say of it.
    const toldOf = (path: readonly PathPart[]): boolean =>
      later.some((told) => told.path.slice(0, 2).every((part, index) => path[index] === part));
    const found = explainIssues(shape.error.issues, value).filter(({ path }) => !toldOf(path));
    return { ok: false, problems: [...later, ...found] };
  }
  const problems = [...later, ...crossCheck(shape.data)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, raw: shape.data };
}

function refused(problems: readonly ConfigProblem[]): ConfigResult {
  const inOrder = problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { ok: false, problems: inOrder.slice(0, PROBLEMS_MAX) };
}

function located(problem: RawProblem, locator: Locator, written: ReadonlyMap<Scalar, string>): ConfigProblem {
  const { path, atKey = false, message, suggestion } = problem;
  const value = atKey ? undefined : shownValue(path, locator.scalarAt(path), written);
  return {
    path: pathText(path),
    ...locator.place(path, atKey),
    message,
    ...(value !== undefined && { value }),
    ...(suggestion !== undefined && { suggestion }),
  };
}

function shownValue(
  path: readonly PathPart[],
  node: Scalar | undefined,
  written: ReadonlyMap<Scalar, string>,
): string | undefined {
  if (node === undefined || isSecretPath(path)) return undefined;
  // What a variable held stays hidden; its name does not.
  const text = written.get(node) ?? redact(node.value === null ? 'empty' : String(node.value));
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}...` : text;
}

const SECRET_PARTS: ReadonlySet<PathPart> = new Set([
  'apiKey',
  'headers',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'providerKeys',
]);

function isSecretPath(path: readonly PathPart[]): boolean {
  return path.some((part) => SECRET_PARTS.has(part));
}
