/** What the fake knows of a model: what the real one refuses because of it. */
export interface GeminiModel {
  readonly id: string;
  readonly name: string;
  /** `levels`: it is told how hard to think; `budget`: how many tokens to spend on it. */
  readonly thinks: 'levels' | 'budget' | 'no';
  /** Whether thinking can be turned off. */
  readonly canStopThinking: boolean;
  /** Calls of tools come back with the signature that they were given. */
  readonly signs: boolean;
  readonly flex: boolean;
  readonly priority: boolean;
  readonly logprobs: boolean;
  readonly embeds?: true;
}

const THIRD = {
  thinks: 'levels',
  canStopThinking: false,
  signs: true,
  flex: true,
  priority: true,
  logprobs: false,
} as const;

export const GEMINI_MODELS: readonly GeminiModel[] = [
  { ...THIRD, id: 'gemini-3.8-flash', name: 'Gemini 3.8 Flash' },
  { ...THIRD, id: 'gemini-3.7-flash', name: 'Gemini 3.7 Flash' },
  { ...THIRD, id: 'gemini-3.5-flash-lite', name: 'Gemini 3.5 Flash-Lite', priority: false },
  { ...THIRD, id: 'gemini-3.1-pro-preview', name: 'Gemini 3.1 Pro Preview', priority: false },
  {
    id: 'gemini-2.5-flash',
    name: 'Gemini 2.5 Flash',
    thinks: 'budget',
    canStopThinking: true,
    signs: false,
    flex: true,
    priority: true,
    logprobs: true,
  },
  {
    id: 'gemini-2.0-flash',
    name: 'Gemini 2.0 Flash',
    thinks: 'no',
    canStopThinking: true,
    signs: false,
    flex: false,
    priority: false,
    logprobs: true,
  },
  {
    id: 'gemini-embedding-001',
    name: 'Gemini Embedding 001',
    thinks: 'no',
    canStopThinking: true,
    signs: false,
    flex: false,
    priority: false,
    logprobs: false,
    embeds: true,
  },
];

export function modelCalled(id: string): GeminiModel | undefined {
  return GEMINI_MODELS.find((model) => model.id === id);
}
