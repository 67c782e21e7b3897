import type { Json } from '../../e2e/requests.ts';
import { get, member, word, type Feature, type Word } from './feature.ts';

const TERSE = 'Be terse.';
/** All that a reader of its first bytes wants. */
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
const ASK_JSON = 'Answer in JSON, please';
const BEGUN = 'Well, then';
const PICTURE = 'https://pictures.example/cat.png';

/** One more part in the last message, wherever the wire has its parts; a text becomes a part itself. */
function part(messages: string, parts: string, textPart: (text: string) => Json, extra: Json, sign: string): Word {
  return word(
    (body) => {
      const message = get(body, `${messages}.-1`) as Json;
      const before = message[parts];
      message[parts] = [...(typeof before === 'string' ? [textPart(before)] : (before as unknown[])), extra];
    },
    (body) => JSON.stringify(get(body, `${messages}.-1`)).includes(sign),
  );
}

const chatText = (text: string): Json => ({ type: 'text', text });

function chatPart(extra: Json, sign: string): Word {
  return part('messages', 'content', chatText, extra, sign);
}

/** Marks the last message as the end of what is to be cached. */
function cacheMark(
  messages: string,
  parts: string,
  textPart: (text: string) => Json,
  mark: (last: Json) => void,
  sign: string,
): Word {
  return word(
    (body) => {
      const message = get(body, `${messages}.-1`) as Json;
      const before = message[parts];
      const list = typeof before === 'string' ? [textPart(before)] : (before as Json[]);
      message[parts] = list;
      mark(list.at(-1)!);
    },
    (body) => JSON.stringify(get(body, `${messages}.-1`)).includes(sign),
  );
}

const pdfFile = { file_data: `data:application/pdf;base64,${PDF}`, filename: 'a.pdf' };

export const CONTENT: readonly Feature[] = [
  {
    title: 'system words',
    words: {
      openai: word(
        (body) => {
          (body['messages'] as unknown[]).unshift({ role: 'system', content: TERSE });
        },
        (body) =>
          ['system', 'developer'].includes(get(body, 'messages.0.role') as string) &&
          JSON.stringify(get(body, 'messages.0')).includes(TERSE),
      ),
      responses: word(
        (body) => {
          body['instructions'] = TERSE;
        },
        (body) => body['instructions'] === TERSE || JSON.stringify(get(body, 'input.0')).includes(TERSE),
      ),
      groq: word(
        (body) => {
          (body['messages'] as unknown[]).unshift({ role: 'system', content: TERSE });
        },
        (body) => get(body, 'messages.0.role') === 'system' && JSON.stringify(get(body, 'messages.0')).includes(TERSE),
      ),
      gemini: word(
        (body) => {
          body['systemInstruction'] = { parts: [{ text: TERSE }] };
        },
        (body) => get(body, 'systemInstruction.parts.0.text') === TERSE,
      ),
      anthropic: word(
        (body) => {
          body['system'] = TERSE;
        },
        (body) => JSON.stringify(body['system']).includes(TERSE),
      ),
      bedrock: word(
        (body) => {
          body['system'] = [{ text: TERSE }];
        },
        (body) => get(body, 'system.0.text') === TERSE,
      ),
    },
  },
  {
    title: 'document (PDF)',
    words: {
      openai: chatPart({ type: 'file', file: pdfFile }, PDF),
      responses: part(
        'input',
        'content',
        (text) => ({ type: 'input_text', text }),
        { type: 'input_file', ...pdfFile },
        PDF,
      ),
      gemini: part(
        'contents',
        'parts',
        (text) => ({ text }),
        { inlineData: { mimeType: 'application/pdf', data: PDF } },
        PDF,
      ),
      anthropic: chatPart(
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
        PDF,
      ),
      bedrock: part(
        'messages',
        'content',
        (text) => ({ text }),
        { document: { format: 'pdf', name: 'a', source: { bytes: PDF } } },
        PDF,
      ),
    },
  },
  {
    title: 'picture by its address',
    words: {
      openai: chatPart({ type: 'image_url', image_url: { url: PICTURE } }, PICTURE),
      responses: part(
        'input',
        'content',
        (text) => ({ type: 'input_text', text }),
        { type: 'input_image', image_url: PICTURE, detail: 'auto' },
        PICTURE,
      ),
      groq: chatPart({ type: 'image_url', image_url: { url: PICTURE } }, PICTURE),
      gemini: part(
        'contents',
        'parts',
        (text) => ({ text }),
        { fileData: { mimeType: 'image/png', fileUri: PICTURE } },
        PICTURE,
      ),
      anthropic: chatPart({ type: 'image', source: { type: 'url', url: PICTURE } }, PICTURE),
    },
  },
  {
    title: 'JSON of any form',
    words: {
      openai: jsonMode('messages', member('response_format', { type: 'json_object' })),
      responses: jsonMode('input', member('text.format', { type: 'json_object' })),
      groq: jsonMode('messages', member('response_format', { type: 'json_object' })),
      gemini: jsonMode('contents', member('generationConfig.responseMimeType', 'application/json'), {
        parts: [{ text: ASK_JSON }],
      }),
    },
  },
  {
    title: 'prompt cache on demand',
    words: {
      openai: cacheMark(
        'messages',
        'content',
        chatText,
        (last) => {
          last['prompt_cache_breakpoint'] = { mode: 'explicit' };
        },
        'prompt_cache_breakpoint',
      ),
      anthropic: cacheMark(
        'messages',
        'content',
        chatText,
        (last) => {
          last['cache_control'] = { type: 'ephemeral' };
        },
        'cache_control',
      ),
      bedrock: part('messages', 'content', (text) => ({ text }), { cachePoint: { type: 'default' } }, 'cachePoint'),
    },
  },
  {
    title: 'who the user is',
    words: {
      openai: member('safety_identifier', 'user-1'),
      responses: member('safety_identifier', 'user-1'),
      groq: member('user', 'user-1'),
      anthropic: member('metadata.user_id', 'user-1'),
    },
  },
  {
    title: 'the beginning of the answer',
    words: {
      groq: begin('messages', 'assistant', { content: BEGUN }),
      gemini: begin('contents', 'model', { parts: [{ text: BEGUN }] }),
      anthropic: begin('messages', 'assistant', { content: BEGUN }),
      bedrock: begin('messages', 'assistant', { content: [{ text: BEGUN }] }),
    },
  },
];

/** The beginning of the answer, as a last message of the assistant. */
function begin(messages: string, role: string, content: Json): Word {
  return word(
    (body) => {
      (body[messages] as Json[]).push({ role, ...content });
    },
    (body) => get(body, `${messages}.-1.role`) === role && JSON.stringify(get(body, `${messages}.-1`)).includes(BEGUN),
  );
}

/** OpenAI wants the word JSON to stand somewhere in the conversation. */
function jsonMode(messages: string, format: Word, ask: Json = { content: ASK_JSON }): Word {
  return word(
    (body) => {
      Object.assign(get(body, `${messages}.-1`) as Json, ask);
      format.put(body);
    },
    (body) => format.arrived(body),
  );
}
