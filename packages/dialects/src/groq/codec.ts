import type { Codec } from '../codec.ts';
import { chatCodec } from '../openai/codec/chat-codec.ts';
import { GROQ_TARGET } from '../openai/codec/flavour.ts';
import { GROQ_TIERS } from './tiers.ts';

export const GROQ_CODEC: Codec = chatCodec({
  name: 'groq',
  ignored: ['metadata', 'store', 'disable_tool_validation', 'citation_options'],
  own: {
    functions: 'functions gave way to tools; send tools',
    function_call: 'functions gave way to tools; send tool_choice',
    logit_bias: 'the numbers of tokens are those of one vocabulary',
    documents: 'documents that a model cites from are a feature of its own provider',
    compound_custom: 'its models and tools run at their own provider',
    search_settings: 'the search runs at its own provider',
    include_domains: 'the search runs at its own provider',
    exclude_domains: 'the search runs at its own provider',
  },
  target: GROQ_TARGET,
  thoughts: 'reasoning',
  xGroq: true,
  tiers: GROQ_TIERS,
  askWords: { priority: 'performance', standard: 'on_demand', flex: 'flex', batch: null },
  params: { 'reasoning-visible': 'reasoning_format', prefill: 'messages[].role' },
});
