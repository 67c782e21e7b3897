import type { ChatRequest } from './chat-request.ts';
import type { Finish } from './generation.ts';
import type { Token, TokenLogprob, ToolPiece } from './token.ts';
import { chunkHead, closeChunk, usageJson } from './wire-format.ts';
import type { AnswerIdentity, AnswerUsage, ChoiceResult, WireFormat } from './wire-format.ts';

/** `chat.completion` and its chunks. */
export class ChatWire implements WireFormat {
  readonly #identity: AnswerIdentity;
  readonly #head: string;
  readonly #topLogprobs: number | undefined;

  constructor(identity: AnswerIdentity, request: ChatRequest) {
    this.#identity = identity;
    this.#head = chunkHead(identity, 'chat.completion.chunk');
    this.#topLogprobs = request.topLogprobs;
  }

  openingChunk(choice: number, usage: AnswerUsage | undefined): string {
    return this.#chunk(choice, '{"role":"assistant","content":""}', [], undefined, usage);
  }

  chunk(choice: number, tokens: readonly Token[], finish: Finish | undefined, usage: AnswerUsage | undefined): string {
    const pieces = toolPieces(tokens);
    const delta = pieces.length === 0 ? `{"content":${JSON.stringify(joined(tokens))}}` : toolDelta(pieces);
    return this.#chunk(choice, delta, tokens, finish, usage);
  }

  usageChunk(usage: AnswerUsage): string {
    return `${this.#head}[]${closeChunk(usage)}`;
  }

  whole(choices: readonly ChoiceResult[], usage: AnswerUsage): string {
    const said = choices.map(({ tokens, finish }, index) => {
      const pieces = toolPieces(tokens);
      return {
        index,
        message: {
          role: 'assistant',
          content: pieces.length === 0 ? joined(tokens) : null,
          refusal: null,
          tool_calls: wholeCalls(pieces),
        },
        logprobs: this.#logprobs(tokens),
        finish_reason: finish.reason,
        stop_reason: finish.stopReason,
      };
    });
    const { id, createdS: created, model, fingerprint } = this.#identity;
    const head = {
      id,
      object: 'chat.completion',
      created,
      model,
      choices: said,
      system_fingerprint: fingerprint,
    };
    return `${JSON.stringify(head).slice(0, -1)},"usage":${usageJson(usage)}}`;
  }

  #chunk(
    choice: number,
    delta: string,
    tokens: readonly Token[],
    finish: Finish | undefined,
    usage: AnswerUsage | undefined,
  ): string {
    const logprobs = this.#topLogprobs === undefined || tokens.length === 0 ? null : this.#logprobs(tokens);
    const end =
      finish === undefined
        ? '"finish_reason":null'
        : `"finish_reason":"${finish.reason}","stop_reason":${JSON.stringify(finish.stopReason)}`;
    return `${this.#head}[{"index":${choice},"delta":${delta},"logprobs":${JSON.stringify(logprobs)},${end}}]${closeChunk(usage)}`;
  }

  #logprobs(tokens: readonly Token[]): unknown {
    const top = this.#topLogprobs;
    if (top === undefined) return null;
    return {
      content: tokens.map((token) => {
        const ranked = token.ranked!;
        return { ...withBytes(ranked[0]!), top_logprobs: ranked.slice(0, top).map(withBytes) };
      }),
    };
  }
}

function toolPieces(tokens: readonly Token[]): readonly ToolPiece[] {
  return tokens.flatMap((token) => token.call ?? []);
}

function joined(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join('');
}

function withBytes({ token, logprob }: TokenLogprob): TokenLogprob & { readonly bytes: readonly number[] } {
  return { token, logprob, bytes: Array.from(Buffer.from(token)) };
}

function toolDelta(pieces: readonly ToolPiece[]): string {
  const calls = pieces.map((piece) =>
    piece.opens === undefined
      ? { index: piece.call, function: { arguments: piece.argumentsText } }
      : {
          index: piece.call,
          id: piece.opens.id,
          type: 'function',
          function: { name: piece.opens.name, arguments: '' },
        },
  );
  return JSON.stringify({ tool_calls: calls });
}

function wholeCalls(pieces: readonly ToolPiece[]): unknown[] {
  const openings = pieces.flatMap((piece) => (piece.opens === undefined ? [] : [{ call: piece.call, ...piece.opens }]));
  return openings.map(({ call, id, name }) => {
    const argumentsText = pieces.filter((piece) => piece.call === call).map((piece) => piece.argumentsText);
    return { id, type: 'function', function: { name, arguments: argumentsText.join('') } };
  });
}
