import type { EmbeddingAnswer } from '../../server/backend.ts';
import type { JsonObject } from '../../server/fields.ts';
import { badRequest } from '../../server/problem.ts';
import { embeddingBody, embeddingPrompt, readEmbeddingRequest } from './embeddings.ts';
import type { RealTimeDriver } from './real-time-driver.ts';

/** An embedding is a prefill: each text goes through the engine for one token, which is not shown. */
export function serveEmbeddings(
  driver: RealTimeDriver,
  contextTokensMax: number,
  body: JsonObject,
  { identity, metrics, response }: EmbeddingAnswer,
): void {
  const request = readEmbeddingRequest(body);
  const prompts = request.texts.map((text) => embeddingPrompt(text));
  for (const prompt of prompts) {
    if (prompt.tokens >= contextTokensMax) {
      throw badRequest(
        `This model's maximum context length is ${contextTokensMax} tokens. However, your input has ${prompt.tokens}.`,
        'input',
      );
    }
  }
  const promptTokens = prompts.reduce((sum, prompt) => sum + prompt.tokens, 0);
  const arrivalMs = driver.nowMs();
  const open = new Set(prompts.map((_, index) => `${identity.id}/${index}`));
  response.on('close', () => {
    for (const id of open) {
      driver.abort(id);
      metrics.onFinish('abort', driver.nowMs() - arrivalMs);
    }
    open.clear();
  });
  for (const [index, prompt] of prompts.entries()) {
    const id = `${identity.id}/${index}`;
    driver.submit(
      {
        id,
        priority: request.priority,
        arrivalMs,
        promptTokens: prompt.tokens,
        outputTokens: 1,
        blockKey: (block) => prompt.key(block),
      },
      (atMs) => {
        open.delete(id);
        metrics.onFirstToken(prompt.tokens, atMs - arrivalMs);
        metrics.onFinish('stop', atMs - arrivalMs);
        if (open.size > 0) return;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(embeddingBody(request, identity.model, identity.id, identity.createdS, promptTokens));
      },
    );
  }
}
