import { z } from 'zod';
import {
  cacheBreakpoint,
  cacheRetention,
  effort,
  functionName,
  jsonSchema,
  location,
  metadata,
  moderation,
  temperature,
  topLogprobs,
  topP,
  verbosity,
} from '../schema.ts';
import { isSet } from '../../is-set.ts';

/**
 * What `POST /v1/responses` takes. Members are those of the SDK's types, bounds those of the API. Of the tools that run at the provider, and of
 * their items, only web search is here; the others have no part in what the tests do.
 */
const idOf = (prefix: string) => z.string().regex(new RegExp(`^${prefix}`));
const callId = z.string().min(1).max(64);
const status = z.enum(['in_progress', 'completed', 'incomplete']);
const phase = z.enum(['commentary', 'final_answer']).nullable().optional();
const detail = z.enum(['auto', 'low', 'high', 'original']).nullable().optional();

const inputText = z.strictObject({
  type: z.literal('input_text'),
  text: z.string(),
  prompt_cache_breakpoint: cacheBreakpoint.nullable(),
});
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  detail,
  file_id: z.string().nullable().optional(),
  image_url: z.string().nullable().optional(),
  prompt_cache_breakpoint: cacheBreakpoint.nullable(),
});
const inputFile = z.strictObject({
  type: z.literal('input_file'),
  detail: z.enum(['auto', 'low', 'high']).optional(),
  file_data: z.string().nullable().optional(),
  file_id: z.string().nullable().optional(),
  file_url: z.string().nullable().optional(),
  filename: z.string().nullable().optional(),
  prompt_cache_breakpoint: cacheBreakpoint.nullable(),
});
const inputPart = z.discriminatedUnion('type', [inputText, inputImage, inputFile]);

const citation = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('file_citation'), file_id: z.string(), filename: z.string(), index: z.int() }),
  z.strictObject({
    type: z.literal('url_citation'),
    url: z.string(),
    title: z.string(),
    start_index: z.int(),
    end_index: z.int(),
  }),
  z.strictObject({
    type: z.literal('container_file_citation'),
    container_id: z.string(),
    file_id: z.string(),
    filename: z.string(),
    start_index: z.int(),
    end_index: z.int(),
  }),
  z.strictObject({ type: z.literal('file_path'), file_id: z.string(), index: z.int() }),
]);
const token = { token: z.string(), logprob: z.number(), bytes: z.array(z.int()) };
const outputPart = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('output_text'),
    text: z.string(),
    annotations: z.array(citation).optional(),
    logprobs: z.array(z.strictObject({ ...token, top_logprobs: z.array(z.strictObject(token)) })).optional(),
  }),
  z.strictObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

const caller = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('direct') }),
    z.strictObject({ type: z.literal('program'), caller_id: z.string() }),
  ])
  .nullable()
  .optional();

/** Which content a message may have hangs on who says it. */
const said = z.discriminatedUnion('role', [
  z.strictObject({
    type: z.literal('message'),
    role: z.enum(['user', 'system', 'developer']),
    content: z.union([z.string(), z.array(inputPart)]),
    status: status.optional(),
    phase,
  }),
  z.strictObject({
    type: z.literal('message'),
    role: z.literal('assistant'),
    id: idOf('msg').optional(),
    content: z.union([z.string(), z.array(outputPart)]),
    status: status.optional(),
    phase,
  }),
]);

const acted = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('function_call'),
    id: idOf('fc').optional(),
    call_id: callId,
    name: functionName,
    arguments: z.string(),
    async: z.boolean().optional(),
    caller,
    namespace: z.string().optional(),
    status: status.optional(),
  }),
  z.strictObject({
    type: z.literal('function_call_output'),
    id: idOf('fc').nullable().optional(),
    call_id: callId.nullable().optional(),
    caller,
    name: z.string().nullable().optional(),
    namespace: z.string().nullable().optional(),
    output: z.union([z.string(), z.array(inputPart)]),
    status: status.nullable().optional(),
  }),
  z.strictObject({
    type: z.literal('custom_tool_call'),
    id: idOf('ctc').optional(),
    call_id: callId,
    name: functionName,
    input: z.string(),
    async: z.boolean().optional(),
    caller,
    namespace: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('custom_tool_call_output'),
    id: z.string().optional(),
    call_id: callId,
    caller,
    output: z.union([z.string(), z.array(inputPart)]),
  }),
  z.strictObject({
    type: z.literal('reasoning'),
    id: idOf('rs'),
    summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
    content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).optional(),
    encrypted_content: z.string().nullable().optional(),
    status: status.optional(),
  }),
  z.strictObject({
    type: z.literal('web_search_call'),
    id: idOf('ws'),
    status: z.enum(['in_progress', 'searching', 'completed', 'failed', 'incomplete']),
    action: z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('search'),
        query: z.string().optional(),
        queries: z.array(z.string()).optional(),
        sources: z.array(z.strictObject({ type: z.literal('url'), url: z.string() })).optional(),
      }),
      z.strictObject({ type: z.literal('open_page'), url: z.string().nullable().optional() }),
      z.strictObject({ type: z.literal('find_in_page'), url: z.string(), pattern: z.string() }),
    ]),
  }),
  z.strictObject({ type: z.literal('item_reference'), id: z.string() }),
]);

/** An item without a type is a message, or the name of one that is stored. */
const item = z.preprocess(
  (value) => {
    if (value === null || typeof value !== 'object' || isSet((value as { type?: unknown }).type)) return value;
    return { ...value, type: 'role' in value ? 'message' : 'item_reference' };
  },
  z.discriminatedUnion('type', [said, acted]),
);

const common = {
  allowed_callers: z
    .array(z.enum(['direct', 'programmatic']))
    .nullable()
    .optional(),
  async: z.boolean().optional(),
  defer_loading: z.boolean().optional(),
};

const tool = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('function'),
    name: functionName,
    description: z.string().nullable().optional(),
    parameters: jsonSchema.nullable().optional(),
    strict: z.boolean().nullable().optional(),
    output_schema: jsonSchema.nullable().optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('custom'),
    name: functionName,
    description: z.string().optional(),
    format: z
      .discriminatedUnion('type', [
        z.strictObject({ type: z.literal('text') }),
        z.strictObject({ type: z.literal('grammar'), definition: z.string(), syntax: z.enum(['lark', 'regex']) }),
      ])
      .optional(),
  }),
  z.strictObject({
    type: z.enum(['web_search', 'web_search_2025_08_26']),
    external_web_access: z.boolean().optional(),
    filters: z
      .strictObject({ allowed_domains: z.array(z.string()).nullable().optional() })
      .nullable()
      .optional(),
    search_context_size: z.enum(['low', 'medium', 'high']).optional(),
    user_location: z
      .strictObject({ ...nullableMembers(location.shape.approximate.shape), type: z.literal('approximate').optional() })
      .nullable()
      .optional(),
  }),
]);

function nullableMembers<Shape extends Record<string, z.ZodOptional<z.ZodString>>>(shape: Shape) {
  return Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, member.nullable()])) as unknown as {
    [Name in keyof Shape]: z.ZodNullable<Shape[Name]>;
  };
}

export const responsesRequest = z.strictObject({
  access_programs: z
    .strictObject({ cyber: z.enum(['standard', 'daybreak_blue', 'daybreak_red']).optional() })
    .optional(),
  background: z.boolean().nullable().optional(),
  context_management: z
    .array(z.strictObject({ type: z.string(), compact_threshold: z.int().nullable().optional() }))
    .nullable()
    .optional(),
  conversation: z
    .union([z.string(), z.strictObject({ id: z.string() })])
    .nullable()
    .optional(),
  image: z.strictObject({ context_compression: z.enum(['auto', 'enabled', 'disabled']).optional() }).optional(),
  include: z
    .array(
      z.enum([
        'file_search_call.results',
        'web_search_call.results',
        'web_search_call.action.sources',
        'message.input_image.image_url',
        'computer_call_output.output.image_url',
        'code_interpreter_call.outputs',
        'reasoning.encrypted_content',
        'message.output_text.logprobs',
      ]),
    )
    .nullable()
    .optional(),
  input: z.union([z.string(), z.array(item)]).optional(),
  instructions: z.string().nullable().optional(),
  max_output_tokens: z.int().min(16).nullable().optional(),
  max_tool_calls: z.int().min(1).nullable().optional(),
  metadata: metadata.optional(),
  model: z.string().optional(),
  moderation: moderation.optional(),
  parallel_tool_calls: z.boolean().nullable().optional(),
  previous_response_id: z.string().nullable().optional(),
  prompt: z
    .strictObject({
      id: z.string(),
      variables: z
        .record(z.string(), z.union([z.string(), inputPart]))
        .nullable()
        .optional(),
      version: z.string().nullable().optional(),
    })
    .nullable()
    .optional(),
  prompt_cache_key: z.string().nullable().optional(),
  prompt_cache_options: z
    .strictObject({
      comparison_response_id: z.string().nullable().optional(),
      mode: z.enum(['implicit', 'explicit']).optional(),
      prewarm: z.boolean().optional(),
      ttl: z.enum(['30m', '12h']).optional(),
    })
    .optional(),
  prompt_cache_retention: cacheRetention.optional(),
  reasoning: z
    .strictObject({
      context: z.enum(['auto', 'current_turn', 'all_turns']).nullable().optional(),
      effort: effort.optional(),
      generate_summary: z.enum(['auto', 'concise', 'detailed']).nullable().optional(),
      mode: z.string().optional(),
      summary: z.enum(['auto', 'concise', 'detailed']).nullable().optional(),
    })
    .nullable()
    .optional(),
  safety_identifier: z.string().max(128).nullable().optional(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast']).nullable().optional(),
  store: z.boolean().nullable().optional(),
  stream: z.boolean().nullable().optional(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullable().optional(),
  temperature: temperature.optional(),
  text: z
    .strictObject({
      format: z
        .discriminatedUnion('type', [
          z.strictObject({ type: z.literal('text') }),
          z.strictObject({ type: z.literal('json_object') }),
          z.strictObject({
            type: z.literal('json_schema'),
            name: functionName,
            schema: jsonSchema,
            description: z.string().optional(),
            strict: z.boolean().nullable().optional(),
          }),
        ])
        .optional(),
      verbosity: verbosity.optional(),
    })
    .optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('function'), name: functionName }),
        z.strictObject({ type: z.literal('custom'), name: functionName }),
        z.strictObject({
          type: z.literal('allowed_tools'),
          mode: z.enum(['auto', 'required']),
          tools: z.array(jsonSchema),
        }),
      ]),
    ])
    .optional(),
  tools: z.array(tool).optional(),
  top_logprobs: topLogprobs.optional(),
  top_p: topP.optional(),
  truncation: z.enum(['auto', 'disabled']).nullable().optional(),
  user: z.string().optional(),
});

export type ResponsesRequest = z.output<typeof responsesRequest>;
export type Item = z.output<typeof item>;
