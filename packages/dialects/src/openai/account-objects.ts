import { NamedObjects } from '../json/named-objects.ts';

/** What a chat can name of its account: uploaded files, sounds of earlier answers, voices that were made there. */
export const CHAT_OBJECTS: NamedObjects = new NamedObjects({
  rules: [
    { name: 'file_id' },
    { name: 'audio', at: [['messages', '*', 'audio']], object: true },
    { name: 'voice', at: [['audio', 'voice']], object: true, value: () => false },
  ],
  free: [['parameters'], ['schema'], ['metadata']],
});
