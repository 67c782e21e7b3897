import { named } from '../media.ts';
import { textsIn, type Asked } from '../script.ts';
import type { BedrockModel } from './models.ts';
import type { ContentBlock, ConverseRequest } from './schema.ts';

export function promptOf({
  system,
  messages,
  toolConfig,
}: Pick<ConverseRequest, 'system' | 'messages' | 'toolConfig'>): string {
  return [system, (messages ?? []).map(({ content }) => content), toolConfig?.tools]
    .map((part) => textsIn(part))
    .join(' ')
    .trim();
}

/** A request as the script understands it. */
export function askedOf(body: ConverseRequest, model: BedrockModel): Asked {
  const messages = body.messages ?? [];
  const lastUser = messages.findLast(({ role }) => role === 'user')?.content ?? [];
  const { maxTokens, stopSequences = [] } = body.inferenceConfig ?? {};
  const format = formatOf(body);
  return {
    lastUserText: lastUser.map(({ text }) => text ?? '').join(''),
    results: resultsOf(
      lastUser,
      messages.flatMap(({ content }) => content),
    ),
    attachments: lastUser.flatMap(attachmentOf),
    tools: (body.toolConfig?.tools ?? []).flatMap(({ toolSpec }) =>
      toolSpec === undefined ? [] : [{ name: toolSpec.name, schema: toolSpec.inputSchema.json }],
    ),
    choice: choiceOf(body),
    parallel: true,
    ...(format === undefined ? {} : { format }),
    reasons: model.reasons === 'always' || (model.reasons === 'wished' && wantsThoughts(body)),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    stops: stopSequences,
    prompt: promptOf(body),
  };
}

/** In Bedrock's words, or in those of Claude's maker. */
function formatOf({ outputConfig, additionalModelRequestFields: fields }: ConverseRequest): unknown {
  const schema = outputConfig?.textFormat?.structure.jsonSchema?.schema;
  if (schema !== undefined) return JSON.parse(schema) as unknown;
  return (fields as { output_config?: { format?: { schema?: unknown } } } | undefined)?.output_config?.format?.schema;
}

/** In the words of the models' makers. */
function wantsThoughts({ additionalModelRequestFields: fields }: ConverseRequest): boolean {
  const type = (fields as { thinking?: { type?: string } } | undefined)?.thinking?.type;
  return type === 'enabled' || type === 'adaptive';
}

function choiceOf({ toolConfig }: ConverseRequest): Asked['choice'] {
  const choice = toolConfig?.toolChoice;
  if (choice?.tool !== undefined) return choice.tool;
  return choice?.any === undefined ? 'auto' : 'any';
}

function resultsOf(turn: readonly ContentBlock[], all: readonly ContentBlock[]): Asked['results'] {
  const names = new Map(
    all.flatMap(({ toolUse }) => (toolUse === undefined ? [] : [[toolUse.toolUseId, toolUse.name] as const])),
  );
  return turn.flatMap(({ toolResult }) => {
    if (toolResult === undefined) return [];
    const told = toolResult.content.map(
      (block) => block.text ?? attachmentOf(block).map((file) => `[${file}]`)[0] ?? JSON.stringify(block.json),
    );
    const text = [...(toolResult.status === 'error' ? ['error'] : []), ...told].join(' ');
    return [{ name: names.get(toolResult.toolUseId)!, text }];
  });
}

function attachmentOf({ image, document }: Pick<ContentBlock, 'image' | 'document'>): string[] {
  if (image !== undefined) return [fileOf(`image/${image.format}`, image.source)];
  if (document !== undefined) return [fileOf(`${document.name} ${document.format ?? 'text'}`, document.source)];
  return [];
}

function fileOf(type: string, source: NonNullable<ContentBlock['document']>['source']): string {
  if (source.bytes !== undefined) return named(type, Buffer.from(source.bytes, 'base64'));
  return source.s3Location === undefined ? type : `${type} at ${source.s3Location.uri}`;
}
