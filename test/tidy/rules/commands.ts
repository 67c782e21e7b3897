import type { Finding } from '../finding.ts';
import type { Tree } from '../tree.ts';

/** What the command line really offers: each verb, with sub-verbs joined by a space, and its options. */
export type Verbs = ReadonlyMap<string, ReadonlySet<string>>;

/** Names of npm's own commands that pages use; the others are scripts. */
const NPM_OWN = new Set(['ci', 'install', 'run', 'exec', 'init']);
const NPM_SHORT = new Set(['start', 'test']);

/** Every npm script, verb and option that a page names exists. */
export function commands(tree: Tree, scripts: ReadonlySet<string>, verbs: Verbs): Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of tree.texts) {
    if (!file.endsWith('.md')) continue;
    for (const { line, code } of codeOf(text)) {
      for (const what of [...wrongScripts(code, scripts), ...wrongVerbs(code, verbs)])
        findings.push({ file, line, what });
    }
  }
  return findings;
}

/** Lines of code blocks, continued lines joined, and code inside sentences. */
function codeOf(text: string): { readonly line: number; readonly code: string }[] {
  const found: { line: number; code: string }[] = [];
  const lines = text.split('\n');
  let fenced = false;
  for (let index = 0; index < lines.length; index += 1) {
    const content = lines[index]!;
    if (content.startsWith('```')) fenced = !fenced;
    else if (fenced) {
      let code = content;
      const line = index + 1;
      while (code.endsWith('\\') && index + 1 < lines.length) code = code.slice(0, -1) + lines[(index += 1)]!;
      found.push({ line, code });
    } else for (const [, code = ''] of content.matchAll(/`([^`]+)`/g)) found.push({ line: index + 1, code });
  }
  return found;
}

function wrongScripts(code: string, scripts: ReadonlySet<string>): string[] {
  const named = [...code.matchAll(/\bnpm (run )?([a-z][\w:-]*)/g)];
  return named
    .filter(([, run, name = '']) => (run === undefined ? NPM_SHORT.has(name) || !NPM_OWN.has(name) : true))
    .filter(([, , name = '']) => !scripts.has(name))
    .map(([, , name = '']) => `names the npm script ${name}, which package.json does not have`);
}

function wrongVerbs(code: string, verbs: Verbs): string[] {
  // A command ends where the shell would end it, and a comment is none of it.
  const parts = code.split(/&&|\|\||[;|]|\s#\s/);
  return parts.flatMap((part) => {
    const call = /(?:^|\s)(?:npx )?offpeak ((?:[a-z]+)(?: [a-z]+)?)?(.*)$/.exec(part);
    if (call === null) return [];
    const [, words = '', rest = ''] = call;
    const verb = verbs.has(words) ? words : words.split(' ')[0]!;
    const options = verbs.get(verb);
    if (options === undefined) return words === '' ? [] : [`names offpeak ${verb}, which is no verb`];
    return [...`${words} ${rest}`.matchAll(/(?<=\s)--[a-z][a-z-]*/g)]
      .filter(([option]) => !options.has(option))
      .map(([option]) => `names offpeak ${verb} ${option}, which is no option of it`);
  });
}
