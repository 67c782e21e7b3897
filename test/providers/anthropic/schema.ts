import { z } from 'zod';

/**
 * What `POST /v1/messages` and `/v1/messages/count_tokens` take. Members are those of the SDK's types, bounds those of the API. Of the tools
 * that run at the provider only web search is here; the others have no part in what the tests do.
 */
const cacheControl = z
  .strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullable()
  .optional();
const citationsConfig = z.strictObject({ enabled: z.boolean().optional() });

const citation = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('char_location'),
    cited_text: z.string(),
    document_index: z.int(),
    document_title: z.string().nullable(),
    start_char_index: z.int(),
    end_char_index: z.int(),
  }),
  z.strictObject({
    type: z.literal('page_location'),
    cited_text: z.string(),
    document_index: z.int(),
    document_title: z.string().nullable(),
    start_page_number: z.int(),
    end_page_number: z.int(),
  }),
  z.strictObject({
    type: z.literal('content_block_location'),
    cited_text: z.string(),
    document_index: z.int(),
    document_title: z.string().nullable(),
    start_block_index: z.int(),
    end_block_index: z.int(),
  }),
  z.strictObject({
    type: z.literal('web_search_result_location'),
    cited_text: z.string(),
    encrypted_index: z.string(),
    title: z.string().nullable(),
    url: z.string(),
  }),
  z.strictObject({
    type: z.literal('search_result_location'),
    cited_text: z.string(),
    search_result_index: z.int(),
    source: z.string(),
    title: z.string().nullable(),
    start_block_index: z.int(),
    end_block_index: z.int(),
  }),
]);

export const textBlock = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control: cacheControl,
  citations: z.array(citation).nullable().optional(),
});

const imageBlock = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: z.string(),
    }),
    z.strictObject({ type: z.literal('url'), url: z.string() }),
    z.strictObject({ type: z.literal('file'), file_id: z.string() }),
  ]),
  transformations: z
    .strictObject({ oversized_image: z.enum(['downsize', 'error']).optional() })
    .nullable()
    .optional(),
  cache_control: cacheControl,
});

const documentBlock = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: z.string() }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
    z.strictObject({
      type: z.literal('content'),
      content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, imageBlock]))]),
    }),
    z.strictObject({ type: z.literal('url'), url: z.string() }),
    z.strictObject({ type: z.literal('file'), file_id: z.string() }),
  ]),
  title: z.string().nullable().optional(),
  context: z.string().nullable().optional(),
  citations: citationsConfig.nullable().optional(),
  cache_control: cacheControl,
});

const searchResultBlock = z.strictObject({
  type: z.literal('search_result'),
  source: z.string(),
  title: z.string(),
  content: z.array(textBlock),
  citations: citationsConfig.optional(),
  cache_control: cacheControl,
});

const thinkingBlock = z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() });
const redactedBlock = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });

const toolUseId = z.string().regex(/^[a-zA-Z0-9_-]+$/);
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);
const caller = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('direct') }),
  z.strictObject({ type: z.literal('code_execution_20250825'), tool_id: z.string() }),
  z.strictObject({ type: z.literal('code_execution_20260120'), tool_id: z.string() }),
]);

const toolUseBlock = z.strictObject({
  type: z.literal('tool_use'),
  id: toolUseId,
  name: toolName,
  input: z.record(z.string(), z.unknown()),
  caller: caller.optional(),
  toolset_name: z.string().nullable().optional(),
  cache_control: cacheControl,
});

const toolReferenceBlock = z.strictObject({
  type: z.literal('tool_reference'),
  tool_name: z.string(),
  cache_control: cacheControl,
});

const toolResultBlock = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: toolUseId,
  content: z
    .union([
      z.string(),
      z.array(
        z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock, toolReferenceBlock]),
      ),
    ])
    .optional(),
  is_error: z.boolean().optional(),
  toolset_name: z.string().nullable().optional(),
  cache_control: cacheControl,
});

const serverToolUseBlock = z.strictObject({
  type: z.literal('server_tool_use'),
  id: z.string().regex(/^srvtoolu_[a-zA-Z0-9_]+$/),
  name: z.enum([
    'web_search',
    'web_fetch',
    'code_execution',
    'bash_code_execution',
    'text_editor_code_execution',
    'tool_search_tool_regex',
    'tool_search_tool_bm25',
  ]),
  input: z.record(z.string(), z.unknown()),
  caller: caller.optional(),
  cache_control: cacheControl,
});

const webSearchResultBlock = z.strictObject({
  type: z.literal('web_search_tool_result'),
  tool_use_id: z.string(),
  content: z.union([
    z.array(
      z.strictObject({
        type: z.literal('web_search_result'),
        encrypted_content: z.string(),
        title: z.string(),
        url: z.string(),
        page_age: z.string().nullable().optional(),
      }),
    ),
    z.strictObject({
      type: z.literal('web_search_tool_result_error'),
      error_code: z.enum([
        'invalid_tool_input',
        'unavailable',
        'max_uses_exceeded',
        'too_many_requests',
        'query_too_long',
        'request_too_large',
      ]),
    }),
  ]),
  caller: caller.optional(),
  cache_control: cacheControl,
});

export const block = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  documentBlock,
  searchResultBlock,
  thinkingBlock,
  redactedBlock,
  toolUseBlock,
  toolResultBlock,
  serverToolUseBlock,
  webSearchResultBlock,
]);

const content = z.union([z.string(), z.array(block)]);
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content }),
  z.strictObject({ role: z.literal('assistant'), content }),
  z.strictObject({ role: z.literal('system'), content: z.union([z.string(), z.array(textBlock)]) }),
]);

const toolCommon = {
  allowed_callers: z
    .array(z.enum(['direct', 'code_execution_20250825', 'code_execution_20260120', 'code_execution_20260521']))
    .optional(),
  cache_control: cacheControl,
  defer_loading: z.boolean().optional(),
  strict: z.boolean().optional(),
};

const customTool = z.strictObject({
  ...toolCommon,
  type: z.literal('custom').nullable().optional(),
  name: toolName,
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  input_examples: z.array(z.record(z.string(), z.unknown())).optional(),
  eager_input_streaming: z.boolean().nullable().optional(),
});

const searchCommon = {
  ...toolCommon,
  name: z.literal('web_search'),
  allowed_domains: z.array(z.string()).nullable().optional(),
  blocked_domains: z.array(z.string()).nullable().optional(),
  max_uses: z.int().min(1).nullable().optional(),
  user_location: z
    .strictObject({
      type: z.literal('approximate'),
      city: z.string().nullable().optional(),
      country: z.string().nullable().optional(),
      region: z.string().nullable().optional(),
      timezone: z.string().nullable().optional(),
    })
    .nullable()
    .optional(),
};

export const tool = z.union([
  customTool,
  z.strictObject({ ...searchCommon, type: z.literal('web_search_20250305') }),
  z.strictObject({
    ...searchCommon,
    type: z.literal('web_search_20260318'),
    response_inclusion: z.enum(['full', 'excluded']).optional(),
  }),
]);

const serial = { disable_parallel_tool_use: z.boolean().optional() };
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...serial }),
  z.strictObject({ type: z.literal('any'), ...serial }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), ...serial }),
  z.strictObject({ type: z.literal('none') }),
]);

const display = z.enum(['summarized', 'omitted']).nullable().optional();
const thinking = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024), display }),
  z.strictObject({ type: z.literal('adaptive'), display }),
  z.strictObject({ type: z.literal('between_tools') }),
  z.strictObject({ type: z.literal('disabled') }),
]);

const counted = {
  model: z.string().min(1),
  messages: z.array(message).min(1).max(100_000),
  cache_control: cacheControl,
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullable().optional(),
      format: z
        .strictObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
        .nullable()
        .optional(),
    })
    .optional(),
  speed: z.enum(['standard', 'fast']).nullable().optional(),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  thinking: thinking.optional(),
  tool_choice: toolChoice.optional(),
  tools: z.array(tool).optional(),
  user_profile_id: z.string().optional(),
  workspace_id: z.string().optional(),
};

export const countRequest = z.strictObject(counted);

const created = {
  ...counted,
  // Zero only fills the cache.
  max_tokens: z.int().min(0),
  container: z
    .union([
      z.string(),
      z.strictObject({
        id: z.string().nullable().optional(),
        skills: z
          .array(
            z.strictObject({
              type: z.enum(['anthropic', 'custom']),
              skill_id: z.string(),
              version: z.string().optional(),
            }),
          )
          .nullable()
          .optional(),
      }),
    ])
    .nullable()
    .optional(),
  diagnostics: z.strictObject({ previous_message_id: z.string().nullable().optional() }).nullable().optional(),
  inference_geo: z.string().nullable().optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullable().optional() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
};

/** By `anthropic-version`: the newer one has no sampling parameters any more, whatever their values. */
export const MESSAGES_REQUESTS = {
  '2023-06-01': z.strictObject({
    ...created,
    temperature: z.number().min(0).max(1).optional(),
    top_k: z.int().min(0).optional(),
    top_p: z.number().min(0).max(1).optional(),
  }),
  '2026-10-21': z.strictObject(created),
};

export type ApiVersion = keyof typeof MESSAGES_REQUESTS;
export type MessagesRequest = z.infer<(typeof MESSAGES_REQUESTS)['2023-06-01']>;
export type CountRequest = z.infer<typeof countRequest>;
export type Message = MessagesRequest['messages'][number];
export type Block = z.infer<typeof block>;
