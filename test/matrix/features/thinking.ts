import { get, member, set, word, type Feature } from './feature.ts';

const BUDGET = 2_048;
/** A budget is part of the bound. */
const MAX_TOKENS = 4_096;

export const THINKING: readonly Feature[] = [
  {
    title: 'effort of thinking',
    route: 'thinking',
    words: {
      openai: member('reasoning_effort', 'low'),
      responses: member('reasoning.effort', 'low'),
      groq: member('reasoning_effort', 'low'),
      gemini: word(
        (body) => {
          set(body, 'generationConfig.thinkingConfig.thinkingLevel', 'LOW');
        },
        (body) => String(get(body, 'generationConfig.thinkingConfig.thinkingLevel')).toLowerCase() === 'low',
      ),
      anthropic: member('output_config.effort', 'low'),
      bedrock: member('additionalModelRequestFields.reasoning_effort', 'low'),
    },
  },
  {
    title: 'budget of thinking',
    route: 'budget',
    maxTokens: MAX_TOKENS,
    words: {
      gemini: member('generationConfig.thinkingConfig.thinkingBudget', BUDGET),
      anthropic: member('thinking', { type: 'enabled', budget_tokens: BUDGET }),
      bedrock: member('additionalModelRequestFields.thinking', { type: 'enabled', budget_tokens: BUDGET }),
    },
  },
  {
    title: 'thoughts are shown',
    // Models of Bedrock that think show it whether or not they are asked to.
    anyway: ['bedrock'],
    // Groq's other word for it.
    alsoCalled: 'reasoning_format',
    route: 'thinking',
    maxTokens: MAX_TOKENS,
    words: {
      responses: word(
        (body) => {
          body['reasoning'] = { effort: 'low', summary: 'auto' };
        },
        (body) => get(body, 'reasoning.summary') === 'auto',
      ),
      groq: member('include_reasoning', true),
      gemini: word(
        (body) => {
          set(body, 'generationConfig.thinkingConfig', { thinkingLevel: 'LOW', includeThoughts: true });
        },
        (body) => get(body, 'generationConfig.thinkingConfig.includeThoughts') === true,
      ),
      anthropic: word(
        (body) => {
          set(body, 'thinking', { type: 'adaptive', display: 'summarized' });
        },
        (body) => get(body, 'thinking.display') === 'summarized',
      ),
    },
  },
];
