/** One generated token, as it goes to the client. */
export interface Token {
  readonly text: string;
  /** Set where the token is a part of a tool call and not of the text. */
  readonly call?: ToolPiece;
  /** The token itself first, then others by falling probability. On every token where log probabilities were asked for. */
  readonly ranked?: readonly TokenLogprob[];
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
}

/** One token of a tool call: the first of a call names it, the others carry its arguments. */
export interface ToolPiece {
  readonly call: number;
  /** Set on the first piece of a call. */
  readonly opens: { readonly id: string; readonly name: string } | undefined;
  readonly argumentsText: string;
}
