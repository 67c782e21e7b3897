import { isCustomSkill, NamedObjects } from '../json/named-objects.ts';

/** What a request can name of its workspace: uploaded files, containers and skills. Files that code made are told, and not read again. */
export const ANTHROPIC_OBJECTS: NamedObjects = new NamedObjects({
  rules: [
    { name: 'container', at: [['container']] },
    { name: 'id', at: [['container', 'id']] },
    { name: 'skill_id', value: isCustomSkill },
    { name: 'file_id', except: [['messages', '*', 'content', '*', 'content', 'content', '*', 'file_id']] },
  ],
  free: [['input'], ['input_schema'], ['input_examples'], ['schema'], ['metadata']],
  signs: ['container', 'file_id'],
});
