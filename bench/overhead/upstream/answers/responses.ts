// OpenAI's Responses, as typed events.
import { providerModels } from '../../wires/models.ts';
import { tokenText } from '../../wire.ts';
import { answerText, answerTokens, createdAt, promptTokens, streamInBody, type Canned } from '../canned.ts';
import { chunkedHead, jsonResponse, lastHttpChunk, sse, sseHeaders } from '../http.ts';
import { openaiHeaders } from './openai.ts';

const item = 'msg_5f0c2a1e9b7d4c3e8a6f2b1d7e9c0a4f5f0c2a1e9b7d4c3e';
const place = `"item_id":"${item}","output_index":0,"content_index":0`;

function usage(output: number): string {
  return (
    `{"input_tokens":${promptTokens},"input_tokens_details":{"cached_tokens":0},"output_tokens":${output},` +
    `"output_tokens_details":{"reasoning_tokens":0},"total_tokens":${promptTokens + output}}`
  );
}

function part(text: string): string {
  return `{"type":"output_text","annotations":[],"logprobs":[],"text":"${text}"}`;
}

function message(status: string, content: string): string {
  return `{"id":"${item}","type":"message","status":"${status}","content":[${content}],"role":"assistant"}`;
}

function response(status: string, output: string, counted: string): string {
  return (
    `{"id":"resp_5f0c2a1e9b7d4c3e8a6f2b1d7e9c0a4f5f0c2a1e9b7d4c3e","object":"response","created_at":${createdAt},` +
    `"status":"${status}","background":false,"error":null,"incomplete_details":null,"instructions":null,` +
    `"max_output_tokens":256,"max_tool_calls":null,"model":"${providerModels.responses}","output":[${output}],` +
    '"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},' +
    '"service_tier":"default","store":false,"temperature":0.7,"text":{"format":{"type":"text"}},"tool_choice":"auto",' +
    `"tools":[],"top_logprobs":0,"top_p":1,"truncation":"disabled","usage":${counted},"user":null,"metadata":{}}`
  );
}

function event(type: string, members: string): Buffer {
  return sse(`{"type":"${type}","sequence_number":4,${members}}`, type);
}

export const responsesAnswers: Canned = {
  unary: jsonResponse(
    response('completed', message('completed', part(answerText)), usage(answerTokens)),
    openaiHeaders,
  ),
  opening: Buffer.concat([
    chunkedHead({ ...sseHeaders, ...openaiHeaders }),
    event('response.created', `"response":${response('in_progress', '', 'null')}`),
    event('response.in_progress', `"response":${response('in_progress', '', 'null')}`),
    event('response.output_item.added', `"output_index":0,"item":${message('in_progress', '')}`),
    event('response.content_part.added', `${place},"part":${part('')}`),
  ]),
  token: (sentAtUs) =>
    event(
      'response.output_text.delta',
      `${place},"delta":"${tokenText(sentAtUs)}","logprobs":[],"obfuscation":"mQ7xT2"`,
    ),
  ending: (tokens) =>
    Buffer.concat([
      event('response.output_text.done', `${place},"text":"${answerText}","logprobs":[]`),
      event('response.content_part.done', `${place},"part":${part(answerText)}`),
      event('response.output_item.done', `"output_index":0,"item":${message('completed', part(answerText))}`),
      event(
        'response.completed',
        `"response":${response('completed', message('completed', part(answerText)), usage(tokens))}`,
      ),
      lastHttpChunk,
    ]),
  wantsStream: streamInBody,
};
