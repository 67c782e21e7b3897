import { OPENAI_CHAT, runOpenAi } from './openai.ts';
import type { Upstream } from './upstream.ts';

export const OPENAI_RESPONSES: Upstream = {
  ...OPENAI_CHAT,
  name: 'OpenAI, Responses',
  wire: 'responses',
  // Created, in progress, an item, its part, and then words.
  eventsToText: 6,
  // The first events repeat what was asked for.
  tellsTier: { unary: 'at-once', stream: 'late' },
  start: () => runOpenAi('responses'),
};
