import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The parts of node-llama-cpp that are used here, in their own words. The package is not among the dependencies, because it
 * brings hundreds of megabytes; it is looked for when a model is to be loaded, and not before.
 */
interface LlamaPackage {
  getLlama(options: {
    readonly gpu: 'auto' | false;
    readonly build: 'never';
    readonly skipDownload: true;
    readonly progressLogs: false;
    readonly maxThreads: number;
    readonly logLevel: 'error';
    readonly logger: (level: string, message: string) => void;
  }): Promise<Llama>;
}

export interface Llama {
  /** The kind of GPU that it computes on, or false. */
  readonly gpu: string | false;
  loadModel(options: { readonly modelPath: string }): Promise<LlamaModel>;
}

export interface LlamaModel {
  readonly trainContextSize: number;
  readonly fileInfo: {
    readonly metadata: {
      readonly general?: { readonly name?: unknown };
      readonly tokenizer?: {
        readonly chat_template?: unknown;
        readonly ggml?: { readonly tokens?: readonly unknown[] };
      };
    };
  };
  readonly tokens: {
    readonly bos: number | null;
    readonly bosString: string | null;
    readonly eosString: string | null;
    readonly shouldPrependBosToken: boolean;
  };
  /** `trimLeadingSpace`: the text goes on after other text, and some tokenizers would begin it with a space. */
  tokenize(text: string, specialTokens: boolean, options?: 'trimLeadingSpace'): number[];
  detokenize(tokens: readonly number[], specialTokens: boolean, before?: readonly number[]): string;
  isEogToken(token: number): boolean;
  createContext(options: {
    readonly sequences: number;
    readonly contextSize: number | { readonly max: number };
    readonly threads: number;
    readonly flashAttention: 'auto' | false;
  }): Promise<LlamaContext>;
  /** Unloads it, and its contexts too. */
  dispose(): Promise<void>;
}

export interface LlamaContext {
  /** Of each sequence. */
  readonly contextSize: number;
  getSequence(): LlamaSequence;
}

export interface LlamaSequence {
  /** The tokens whose KV it holds. */
  readonly contextTokens: readonly number[];
  readonly nextTokenIndex: number;
  /** Drops everything from the first difference on. */
  adaptStateToTokens(tokens: readonly number[], allowShift: false): Promise<void>;
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  evaluate(tokens: readonly number[], options: SamplingOptions): AsyncGenerator<number, void, void>;
}

export interface SamplingOptions {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly repeatPenalty?: {
    readonly penalty: number;
    readonly presencePenalty: number;
    readonly frequencyPenalty: number;
    readonly maxPunishTokens: number;
    readonly punishTokens: () => readonly number[];
  };
  readonly yieldEogToken: true;
}

/** The renderer of chat templates that node-llama-cpp itself depends on. */
export interface JinjaPackage {
  readonly Template: new (source: string) => JinjaTemplate;
}

export interface JinjaTemplate {
  render(values: Readonly<Record<string, unknown>>): string;
}

const PACKAGE = 'node-llama-cpp';
/** The one that the tests run with. */
const VERSION = '3.22.1';

/** Names of the packages that hold the binary for computing on the CPU, by Node's names of platform and architecture. */
const CPU_PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-armv7l',
  'linux-riscv64': 'linux-riscv64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** llama.cpp is not there to be used, and why, and what to do about it. */
export class LlamaMissing extends Error {
  override readonly name = 'LlamaMissing';
}

export interface Binding {
  readonly llama: Llama;
  readonly jinja: JinjaPackage;
  /** What llama.cpp said last of its failures, the latest at the end. */
  readonly errors: string[];
}

export interface BindingOptions {
  /** The folder that was given to `npm install --prefix`; without one, the package is looked for beside Offpeak. */
  readonly home: string | undefined;
  readonly gpu: boolean;
  readonly threads: number;
}

const errorsMax = 100;
/** llama.cpp has one log and one pool of threads in a process, whatever number of models it loads. */
const bindings = new Map<string, Promise<Binding>>();

/** Rejects with `LlamaMissing`. What was loaded once stays until the process ends. */
export function loadBinding(options: BindingOptions): Promise<Binding> {
  const key = JSON.stringify([options.home, options.gpu, options.threads]);
  let binding = bindings.get(key);
  if (binding === undefined) {
    binding = load(options);
    bindings.set(key, binding);
    binding.catch(() => bindings.delete(key));
  }
  return binding;
}

async function load({ home, gpu, threads }: BindingOptions): Promise<Binding> {
  const errors: string[] = [];
  try {
    const entry = home === undefined ? import.meta.resolve(PACKAGE) : await entryIn(resolve(home));
    const { getLlama } = (await import(entry)) as LlamaPackage;
    const jinja = createRequire(entry)('@huggingface/jinja') as JinjaPackage;
    const llama = await getLlama({
      gpu: gpu ? 'auto' : false,
      // Nothing is compiled and nothing is downloaded behind anyone's back.
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: threads,
      logLevel: 'error',
      logger: (_level, message) => {
        errors.push(message);
        if (errors.length > errorsMax) errors.shift();
      },
    });
    return { llama, jinja, errors };
  } catch (error) {
    throw new LlamaMissing(missing(home, error), { cause: error });
  }
}

async function entryIn(home: string): Promise<string> {
  const folder = join(home, 'node_modules', PACKAGE);
  const { main } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { main: string };
  return pathToFileURL(join(folder, main)).href;
}

/** npm's arguments for a small install: the binary for this machine's CPU, and none of those for GPUs. */
export function llamaCpuInstall(): readonly string[] | undefined {
  const name = CPU_PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  return ['--ignore-scripts', '--omit=optional', `${PACKAGE}@${VERSION}`, `@node-llama-cpp/${name}@${VERSION}`];
}

function missing(home: string | undefined, error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  const absent = code === 'ERR_MODULE_NOT_FOUND' || code === 'ENOENT' || code === 'MODULE_NOT_FOUND';
  const where = home === undefined ? 'installed' : `in ${join(home, 'node_modules')}, where OFFPEAK_LLAMA_HOME points`;
  const what = absent ? `is not ${where}` : `cannot be used: ${message}`;
  const lines = [
    `a GGUF model is run by ${PACKAGE}, which ${what}. This installs it, for all kinds of GPU (700 MB):`,
    `  npm install --no-save ${PACKAGE}@${VERSION}`,
  ];
  const small = llamaCpuInstall();
  if (small !== undefined) {
    lines.push(
      "and this for this machine's CPU alone (85 MB), to be found when OFFPEAK_LLAMA_HOME=./llama is set:",
      `  npm install --prefix ./llama ${small.join(' ')}`,
    );
  }
  return lines.join('\n');
}
