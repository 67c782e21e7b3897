// Gemini's generateContent: every chunk of a stream is a whole answer of what came since the one before, its lines ended as in HTTP.
import { providerModels } from '../../wires/models.ts';
import { tokenText } from '../../wire.ts';
import { answerText, answerTokens, promptTokens, type Canned } from '../canned.ts';
import { chunkedHead, httpChunk, jsonResponse, lastHttpChunk } from '../http.ts';

const tier = { 'x-gemini-service-tier': 'standard' };

function answer(text: string, output: number, finish: string): string {
  return (
    `{"candidates": [{"content": {"parts": [{"text": "${text}"}],"role": "model"},${finish}"index": 0}],` +
    `"usageMetadata": {"promptTokenCount": ${promptTokens},"candidatesTokenCount": ${output},` +
    `"totalTokenCount": ${promptTokens + output},"promptTokensDetails": [{"modality": "TEXT","tokenCount": ${promptTokens}}],` +
    `"serviceTier": "standard"},"modelVersion": "${providerModels.gemini}","responseId": "5f0caimeG7bN4c3e8a6f"}`
  );
}

function chunk(text: string, output: number, finish: string): Buffer {
  return httpChunk(`data: ${answer(text, output, finish)}\r\n\r\n`);
}

const finished = '"finishReason": "STOP",';

export const geminiAnswers: Canned = {
  unary: jsonResponse(answer(answerText, answerTokens, finished), {
    'content-type': 'application/json; charset=UTF-8',
    ...tier,
  }),
  opening: Buffer.concat([chunkedHead({ 'content-type': 'text/event-stream', ...tier }), chunk('So', 1, '')]),
  token: (sentAtUs) => chunk(tokenText(sentAtUs), 12, ''),
  ending: (tokens) => Buffer.concat([chunk('.', tokens, finished), lastHttpChunk]),
  wantsStream: (path) => path.includes(':streamGenerateContent'),
};
