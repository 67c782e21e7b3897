import { named } from '../media.ts';
import { textsIn, type Asked } from '../script.ts';
import type { GeminiModel } from './models.ts';
import type { Content, GenerateRequest, Part } from './schema.ts';

export function promptOf(body: GenerateRequest): string {
  return [body.systemInstruction?.parts, (body.contents ?? []).map(({ parts }) => parts), body.tools]
    .map((part) => textsIn(part))
    .join(' ')
    .trim();
}

/** A request as the script understands it. */
export function askedOf(body: GenerateRequest, model: GeminiModel): Asked {
  const contents = body.contents ?? [];
  const lastUser = contents.findLast(
    ({ role, parts = [] }) => role !== 'model' && parts.some(({ text }) => text !== undefined),
  );
  const config = body.generationConfig ?? {};
  const format = formatOf(config);
  return {
    lastUserText: (lastUser?.parts ?? []).map(({ text }) => text ?? '').join(''),
    results: resultsOf(contents.at(-1)),
    attachments: (lastUser?.parts ?? []).flatMap(attachmentOf),
    tools: (body.tools ?? []).flatMap(({ functionDeclarations = [] }) =>
      functionDeclarations.map(({ name, parameters, parametersJsonSchema }) => ({
        name,
        schema: parameters ?? parametersJsonSchema ?? {},
      })),
    ),
    choice: choiceOf(body),
    parallel: true,
    ...(format === undefined ? {} : { format }),
    reasons: model.thinks !== 'no' && config.thinkingConfig?.thinkingBudget !== 0,
    ...(config.maxOutputTokens === undefined ? {} : { maxTokens: config.maxOutputTokens }),
    stops: config.stopSequences ?? [],
    prompt: promptOf(body),
  };
}

function formatOf({
  responseMimeType,
  responseSchema,
  responseJsonSchema,
}: NonNullable<GenerateRequest['generationConfig']>): unknown {
  return responseMimeType === 'application/json' ? (responseSchema ?? responseJsonSchema ?? {}) : undefined;
}

function choiceOf({ toolConfig }: GenerateRequest): Asked['choice'] {
  const { mode, allowedFunctionNames = [] } = toolConfig?.functionCallingConfig ?? {};
  if (mode === 'NONE') return 'none';
  if (mode !== 'ANY') return 'auto';
  return allowedFunctionNames.length > 0 ? { name: allowedFunctionNames[0]! } : 'any';
}

function resultsOf(last: Content | undefined): Asked['results'] {
  return (last?.parts ?? []).flatMap(({ functionResponse }) => {
    if (functionResponse === undefined) return [];
    const { name, response, parts = [] } = functionResponse;
    const values = Object.values(response).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
    const error = 'error' in response ? ['error'] : [];
    const files = parts.flatMap((part) => attachmentOf(part).map((file) => `[${file}]`));
    return [{ name, text: [...error, ...values, ...files].join(' ') }];
  });
}

function attachmentOf({ inlineData, fileData }: Pick<Part, 'inlineData' | 'fileData'>): string[] {
  if (inlineData !== undefined) return [named(inlineData.mimeType, Buffer.from(inlineData.data, 'base64'))];
  return fileData === undefined ? [] : [`file at ${fileData.fileUri}`];
}
