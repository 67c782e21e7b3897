import { member, members, type Feature } from './feature.ts';

export const TOOL_FEATURES: readonly Feature[] = [
  {
    title: 'some tool must be called',
    withTools: true,
    words: {
      openai: member('tool_choice', 'required'),
      responses: member('tool_choice', 'required'),
      groq: member('tool_choice', 'required'),
      gemini: member('toolConfig.functionCallingConfig.mode', 'ANY'),
      anthropic: member('tool_choice', { type: 'any' }),
      bedrock: member('toolConfig.toolChoice', { any: {} }),
    },
  },
  {
    title: 'this tool must be called',
    withTools: true,
    words: {
      openai: member('tool_choice', { type: 'function', function: { name: 'get_time' } }),
      responses: member('tool_choice', { type: 'function', name: 'get_time' }),
      groq: member('tool_choice', { type: 'function', function: { name: 'get_time' } }),
      gemini: members({
        'toolConfig.functionCallingConfig.mode': 'ANY',
        'toolConfig.functionCallingConfig.allowedFunctionNames': ['get_time'],
      }),
      anthropic: member('tool_choice', { type: 'tool', name: 'get_time' }),
      bedrock: member('toolConfig.toolChoice', { tool: { name: 'get_time' } }),
    },
  },
  {
    title: 'one call at a time',
    withTools: true,
    words: {
      openai: member('parallel_tool_calls', false),
      responses: member('parallel_tool_calls', false),
      groq: member('parallel_tool_calls', false),
      anthropic: member('tool_choice', { type: 'auto', disable_parallel_tool_use: true }),
    },
  },
];
