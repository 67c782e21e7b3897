/** Names of Gemini 1 and 2, by themselves or at the end of a path. Whatever else is called Gemini is taken for newer. */
const OLDER = /(?:^|[/.])gemini-[12](?:[.-]|$)/i;
const GEMINI = /(?:^|[/.])gemini-/i;
const XHIGH = /(?:^|[/.])gemini-4-hydrogen(?:-|$)/i;

/** What models differ in, as far as requests have to. From the model catalogue of @ai-sdk/google 4.0.121, read 2026-11-21. */
export interface ModelFacts {
  /** Thinking is told as a level. Older models take a number of tokens only, and refuse levels. */
  readonly levels: boolean;
  readonly xhigh: boolean;
  /** Thinking cannot be turned off. */
  readonly alwaysThinks: boolean;
  /** A call in the history needs a signature. */
  readonly signsCalls: boolean;
  /** Pictures and files may be parts of a tool's result. */
  readonly resultParts: boolean;
}

export function modelFacts(model: string): ModelFacts {
  const newer = !OLDER.test(model);
  const third = newer && GEMINI.test(model);
  return { levels: newer, xhigh: XHIGH.test(model), alwaysThinks: third, signsCalls: third, resultParts: newer };
}
