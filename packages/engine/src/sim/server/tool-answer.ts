import type { Tool } from '../../server/chat-request.ts';
import { jsonText } from '../../server/fields.ts';
import type { ToolPiece } from '../../server/token.ts';
import type { Answer } from '../text/answer.ts';
import type { Seed } from '../text/hash.ts';
import { draw } from '../text/hash.ts';
import { jsonInstance } from '../text/json-instance.ts';
import { cutPieces } from './pieces.ts';

const argumentPieceLength = 4;

/** An answer that calls tools, with arguments that satisfy each tool's schema. Not continued: it starts anew. */
export class ToolAnswer implements Answer {
  readonly end: number;
  readonly finish: 'stop' | 'tool_calls';
  readonly pieces: readonly ToolPiece[];

  constructor(tools: readonly Tool[], seed: Seed, finish: 'stop' | 'tool_calls') {
    this.finish = finish;
    this.pieces = tools.flatMap((tool, call) => {
      const id = `chatcmpl-tool-${draw(seed, call).toString(16).padStart(8, '0')}`;
      const opening: ToolPiece = { call, opens: { id, name: tool.name }, argumentsText: '' };
      const rest = cutPieces(jsonText(jsonInstance(tool.parameters, seed)), argumentPieceLength);
      return [opening, ...rest.map((text): ToolPiece => ({ call, opens: undefined, argumentsText: text }))];
    });
    this.end = this.pieces.length;
  }

  tokenAt(position: number): string {
    const piece = this.pieces[position];
    return piece === undefined ? ' ' : (piece.opens?.name ?? piece.argumentsText);
  }
}
