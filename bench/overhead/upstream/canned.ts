/** What an upstream of one wire answers to every request, as bytes of HTTP. */
export interface Canned {
  readonly unary: Buffer;
  /** A stream up to its first token. */
  readonly opening: Buffer;
  /** One token, in one event and one HTTP chunk. */
  token(sentAtUs: number): Buffer;
  /** How a stream ends. `includeUsage`: the request asks for the usage, on wires where that is a choice. */
  ending(tokens: number, includeUsage: boolean): Buffer;
  /** Whether a request wants a stream, by its path and how its body begins. */
  wantsStream(path: string, bodyStart: string): boolean;
}

export function streamInBody(_path: string, bodyStart: string): boolean {
  return /"stream": ?true/.test(bodyStart);
}

/** What the answers of all wires say. */
export const answerText =
  'Revenue grew by four percent while costs were flat; the main risk is the concentration of orders in two customers.';
export const promptTokens = 230;
export const answerTokens = 24;
export const createdAt = 1_767_225_600;
