import { ownMessages } from '../../anthropic/forward.ts';
import type { PathFacts, WireRead } from '../../codec.ts';
import { splice } from '../../json/edit.ts';
import { compileNames, type Names } from '../../json/names.ts';
import { countOf } from '../../json/routed.ts';
import type { Scan } from '../../json/scan.ts';
import { nested, pathModel, readScanned } from '../read-scanned.ts';
import { formOfBody, INVOKE_NAMES, promptTokens, type InvokeName } from './body.ts';

/** Beside the body's own, all that models on Bedrock have for it. */
const BOUNDS = ['max_tokens', 'max_completion_tokens', 'max_gen_len', 'max_tokens_to_sample'] as const;
const CONFIG: Names<'maxTokens' | 'max_new_tokens'> = compileNames(['maxTokens', 'max_new_tokens']);
const TEXT_CONFIG: Names<'maxTokenCount'> = compileNames(['maxTokenCount']);

/** Model, stream and tier are said by path and header, so that the bytes go on as they are. */
export function readInvoke(body: Buffer, path: PathFacts): WireRead {
  return readScanned(body, INVOKE_NAMES, (scan) => {
    const choices = countOf(body, 'n', scan.members.n, 1) ?? 1;
    const bound = maxTokensOf(body, scan);
    return {
      ok: true,
      facts: {
        model: pathModel(path),
        stream: path.stream ?? false,
        tierWord: path.tierWord,
        maxTokens: bound === undefined ? undefined : bound * choices,
        includeUsage: true,
        continuation: 'restart',
        inputTokens: promptTokens(scan),
      },
      choices,
      forward: () => {
        const messages = formOfBody(body) === 'anthropic' ? ownMessages(body, scan.members.messages) : null;
        return messages === null ? body : Buffer.concat(splice(body, scan, { messages }));
      },
    };
  });
}

function maxTokensOf(body: Buffer, { members }: Scan<InvokeName>): number | undefined {
  for (const name of BOUNDS) {
    const bound = countOf(body, name, members[name], 0);
    if (bound !== undefined) return bound;
  }
  const config = nested(body, 'inferenceConfig', members.inferenceConfig, CONFIG);
  if (config !== undefined) {
    const { maxTokens, max_new_tokens: older } = config.scan.members;
    return (
      countOf(config.body, 'inferenceConfig.maxTokens', maxTokens, 0) ??
      countOf(config.body, 'inferenceConfig.max_new_tokens', older, 0)
    );
  }
  const text = nested(body, 'textGenerationConfig', members.textGenerationConfig, TEXT_CONFIG);
  return text && countOf(text.body, 'textGenerationConfig.maxTokenCount', text.scan.members.maxTokenCount, 0);
}
