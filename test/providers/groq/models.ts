/** What the fake knows of a model: what the real one refuses because of it. */
export interface GroqModel {
  readonly id: string;
  readonly owner: string;
  readonly sees: boolean;
  readonly schemas: boolean;
  /**
   * - `field`: it always thinks, and tells it in a member of its own unless that is not wanted;
   * - `format`: the request says whether and where thoughts are told;
   * - `no`: it does not.
   */
  readonly reasons: 'field' | 'format' | 'no';
  readonly efforts: readonly string[];
  readonly embeds?: true;
}

export const GROQ_MODELS: readonly GroqModel[] = [
  {
    id: 'openai/gpt-oss-120b',
    owner: 'OpenAI',
    sees: false,
    schemas: true,
    reasons: 'field',
    efforts: ['low', 'medium', 'high'],
  },
  {
    id: 'openai/gpt-oss-20b',
    owner: 'OpenAI',
    sees: false,
    schemas: true,
    reasons: 'field',
    efforts: ['low', 'medium', 'high'],
  },
  {
    id: 'qwen/qwen3-32b',
    owner: 'Alibaba Cloud',
    sees: false,
    schemas: false,
    reasons: 'format',
    efforts: ['none', 'default'],
  },
  { id: 'llama-3.3-70b-versatile', owner: 'Meta', sees: false, schemas: false, reasons: 'no', efforts: [] },
  { id: 'llama-3.1-8b-instant', owner: 'Meta', sees: false, schemas: false, reasons: 'no', efforts: [] },
  {
    id: 'meta-llama/llama-4-scout-17b-16e-instruct',
    owner: 'Meta',
    sees: true,
    schemas: true,
    reasons: 'no',
    efforts: [],
  },
  {
    id: 'nomic-embed-text-v1_5',
    owner: 'Nomic',
    sees: false,
    schemas: false,
    reasons: 'no',
    efforts: [],
    embeds: true,
  },
];

export function modelCalled(id: string): GroqModel | undefined {
  return GROQ_MODELS.find((model) => model.id === id);
}
