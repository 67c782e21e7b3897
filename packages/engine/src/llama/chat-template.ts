import type { ChatMessage } from '../server/chat-request.ts';
import { badRequest } from '../server/problem.ts';
import type { JinjaPackage } from './binding.ts';

/** Lays a conversation out as the model was taught, up to the place where its answer begins. */
export type ChatTemplate = (messages: readonly ChatMessage[]) => string;

/** Roles of newer or older requests that templates do not know. */
const ROLES: Readonly<Record<string, string>> = { developer: 'system', function: 'tool' };

/** The template that came with the model. Throws where it is none. */
export function jinjaTemplate(
  jinja: JinjaPackage,
  source: string,
  special: { readonly bos: string; readonly eos: string },
): ChatTemplate {
  const template = new jinja.Template(source);
  return (messages) => {
    try {
      return template.render({
        messages: messages.map(({ role, text }) => ({ role: ROLES[role] ?? role, content: text })),
        add_generation_prompt: true,
        bos_token: special.bos,
        eos_token: special.eos,
      });
    } catch (error) {
      throw badRequest(
        `The model's chat template does not take these messages: ${(error as Error).message}`,
        'messages',
      );
    }
  };
}

const NAMES: Readonly<Record<string, string>> = {
  system: 'System',
  developer: 'System',
  user: 'User',
  assistant: 'Assistant',
  tool: 'Tool',
  function: 'Tool',
};

/** For models that came without one: who speaks, a colon, what is said, an empty line. */
export const plainTemplate: ChatTemplate = (messages) =>
  [...messages.map(({ role, text }) => `${NAMES[role]!}: ${text}\n\n`), `${NAMES['assistant']!}:`].join('');
