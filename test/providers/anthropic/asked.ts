import { named } from '../media.ts';
import { textsIn, type Asked } from '../script.ts';
import type { AnthropicModel } from './models.ts';
import { turnsOf } from './rules.ts';
import type { Block, CountRequest, MessagesRequest } from './schema.ts';

export function promptOf(body: CountRequest): string {
  return [body.system, body.messages.map(({ content }) => content), body.tools]
    .map((part) => textsIn(part))
    .join(' ')
    .trim();
}

/** A request as the script understands it. */
export function askedOf(body: MessagesRequest, model: AnthropicModel): Asked {
  const turns = turnsOf(body.messages);
  const lastUser = turns.findLast(({ role }) => role === 'user')?.blocks ?? [];
  const choice = body.tool_choice;
  const format = body.output_config?.format?.schema;
  return {
    lastUserText: lastUser.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
    results: resultsOf(
      lastUser,
      turns.flatMap(({ blocks }) => blocks),
    ),
    attachments: lastUser.flatMap(attachmentOf),
    tools: (body.tools ?? []).flatMap((tool) =>
      'input_schema' in tool ? [{ name: tool.name, schema: tool.input_schema }] : [],
    ),
    choice: choice?.type === 'tool' ? { name: choice.name } : (choice?.type ?? 'auto'),
    parallel: choice === undefined || choice.type === 'none' || choice.disable_parallel_tool_use !== true,
    ...(format === undefined ? {} : { format }),
    reasons:
      body.thinking === undefined
        ? model.thinksByDefault
        : body.thinking.type === 'enabled' || body.thinking.type === 'adaptive',
    maxTokens: body.max_tokens,
    stops: body.stop_sequences ?? [],
    prompt: promptOf(body),
  };
}

function resultsOf(turn: readonly Block[], all: readonly Block[]): Asked['results'] {
  const names = new Map(all.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block.name] as const] : [])));
  return turn.flatMap((block) => {
    if (block.type !== 'tool_result') return [];
    const told = typeof block.content === 'string' ? block.content : (block.content ?? []).map(toldOf).join(' ');
    return [{ name: names.get(block.tool_use_id)!, text: block.is_error === true ? `error ${told}` : told }];
  });
}

type ResultBlock = Exclude<Extract<Block, { type: 'tool_result' }>['content'], string | undefined>[number];

function toldOf(block: ResultBlock): string {
  if (block.type === 'text') return block.text;
  return block.type === 'image' || block.type === 'document' ? `[${attachmentOf(block)[0]!}]` : block.type;
}

function attachmentOf(block: Block): string[] {
  if (block.type !== 'image' && block.type !== 'document') return [];
  const { source } = block;
  switch (source.type) {
    case 'base64':
      return [named(source.media_type, Buffer.from(source.data, 'base64'))];
    case 'text':
      return [named(source.media_type, Buffer.from(source.data))];
    case 'url':
      return [`${block.type} at ${source.url}`];
    case 'file':
      return [`file ${source.file_id}`];
    case 'content':
      return [`${block.type} of content`];
  }
}
