import { expect, it } from 'vitest';
import { plainTemplate } from './chat-template.ts';

it('models without a template are told who speaks', () => {
  const messages = [
    { role: 'system', text: 'Be brief.', textOnly: true },
    { role: 'user', text: 'Hello\nthere', textOnly: true },
    { role: 'assistant', text: 'Hi', textOnly: true },
    { role: 'user', text: 'Why?', textOnly: true },
  ];
  expect(plainTemplate(messages)).toBe(
    'System: Be brief.\n\nUser: Hello\nthere\n\nAssistant: Hi\n\nUser: Why?\n\nAssistant:',
  );
});
