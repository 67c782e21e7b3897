import { chatMount } from './chat.ts';
import type { Mount } from './mount.ts';
import { OPENAI } from './openai.ts';

export const GROQ: Mount = chatMount({
  name: 'groq',
  path: '/openai/v1/chat/completions',
  tierWords: { priority: 'performance', standard: 'on_demand', flex: 'flex' },
  counts: ['cached', 'cacheWrite', 'reasoning'],
  problems: { ...OPENAI.problems, 'flex-unavailable': { status: 498, word: 'capacity_exceeded' } },
  brokenWord: 'upstream_failed',
  usageAt: 'x_groq',
  errorMembers: ['message', 'type', 'code'],
});
