import { isCustomSkill, NamedObjects } from '../json/named-objects.ts';

/** What a request can name of its workspace: uploaded files, containers, skills, and the request that its cache is compared with. Files that code made are told, and not read again. */
export const ANTHROPIC_OBJECTS: NamedObjects = new NamedObjects({
  rules: [
    { name: 'container', at: [['container']] },
    { name: 'id', at: [['container', 'id']] },
    { name: 'skill_id', value: isCustomSkill },
    { name: 'previous_message_id', at: [['diagnostics', 'previous_message_id']] },
    { name: 'file_id', except: [['messages', '*', 'content', '*', 'content', 'content', '*', 'file_id']] },
  ],
  free: [['input'], ['input_schema'], ['input_examples'], ['schema'], ['metadata']],
});
