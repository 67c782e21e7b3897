import { member, members, type Feature } from './feature.ts';

const LOW_TEMPERATURE = 0.5;
const TOP_P = 0.9;
const TOP_K = 7;
const SEED = 7;
const PENALTY = 0.5;
const STOPS = ['over'];
const TOP = 2;

export const SAMPLING: readonly Feature[] = [
  {
    title: 'temperature',
    words: {
      openai: member('temperature', LOW_TEMPERATURE),
      responses: member('temperature', LOW_TEMPERATURE),
      groq: member('temperature', LOW_TEMPERATURE),
      gemini: member('generationConfig.temperature', LOW_TEMPERATURE),
      anthropic: member('temperature', LOW_TEMPERATURE),
      bedrock: member('inferenceConfig.temperature', LOW_TEMPERATURE),
    },
  },
  {
    title: 'top p',
    words: {
      openai: member('top_p', TOP_P),
      responses: member('top_p', TOP_P),
      groq: member('top_p', TOP_P),
      gemini: member('generationConfig.topP', TOP_P),
      anthropic: member('top_p', TOP_P),
      bedrock: member('inferenceConfig.topP', TOP_P),
    },
  },
  {
    title: 'top k',
    words: {
      gemini: member('generationConfig.topK', TOP_K),
      anthropic: member('top_k', TOP_K),
      bedrock: member('additionalModelRequestFields.inferenceConfig.topK', TOP_K),
    },
  },
  {
    title: 'stop sequences',
    words: {
      openai: member('stop', STOPS),
      groq: member('stop', STOPS),
      gemini: member('generationConfig.stopSequences', STOPS),
      anthropic: member('stop_sequences', STOPS),
      bedrock: member('inferenceConfig.stopSequences', STOPS),
    },
  },
  {
    title: 'seed',
    words: {
      openai: member('seed', SEED),
      groq: member('seed', SEED),
      gemini: member('generationConfig.seed', SEED),
    },
  },
  {
    title: 'frequency penalty',
    words: {
      openai: member('frequency_penalty', PENALTY),
      gemini: member('generationConfig.frequencyPenalty', PENALTY),
    },
  },
  {
    title: 'presence penalty',
    words: {
      openai: member('presence_penalty', PENALTY),
      gemini: member('generationConfig.presencePenalty', PENALTY),
    },
  },
  {
    title: 'several answers',
    route: 'probable',
    words: {
      openai: member('n', 2),
      gemini: member('generationConfig.candidateCount', 2),
    },
  },
  {
    title: 'log probabilities',
    route: 'probable',
    words: {
      openai: members({ logprobs: true, top_logprobs: TOP }),
      responses: members({ top_logprobs: TOP, include: ['message.output_text.logprobs'] }),
      gemini: members({ 'generationConfig.responseLogprobs': true, 'generationConfig.logprobs': TOP }),
    },
  },
];
