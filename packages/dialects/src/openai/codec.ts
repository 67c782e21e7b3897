import type { Codec } from '../codec.ts';
import { chatCodec } from './codec/chat-codec.ts';
import { OPENAI_TARGET } from './codec/flavour.ts';
import { OPENAI_TIERS } from './tiers.ts';

export const OPENAI_CODEC: Codec = chatCodec({
  name: 'openai',
  // A prediction only makes the same answer faster.
  ignored: ['metadata', 'store', 'prediction', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
  own: {
    functions: 'functions gave way to tools; send tools',
    function_call: 'functions gave way to tools; send tool_choice',
    logit_bias: 'the numbers of tokens are those of one vocabulary',
    audio: 'other wires answer in text',
    moderation: 'its scores come from a model of its own provider',
    web_search_options: 'the search runs at its own provider',
  },
  target: OPENAI_TARGET,
  thoughts: 'reasoning_content',
  xGroq: false,
  tiers: OPENAI_TIERS,
  askWords: { priority: 'priority', standard: 'default', flex: 'flex', batch: null },
  params: {},
});
