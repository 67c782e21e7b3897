import { isCustomSkill, NamedObjects } from '../json/named-objects.ts';

/**
 * What a request of this wire can name of its account. Not `previous_response_id`, references to items and the containers of earlier calls,
 * which are looked up before they are passed on. Citations of earlier answers repeat names, and nothing is looked up by those.
 */
export const RESPONSES_OBJECTS: NamedObjects = new NamedObjects({
  rules: [
    { name: 'conversation', at: [['conversation']], object: true },
    { name: 'prompt', at: [['prompt']], object: true },
    { name: 'file_id' },
    { name: 'file_ids' },
    { name: 'vector_store_ids' },
    // Of tools, which items of the input may have as well.
    { name: 'container' },
    {
      name: 'container_id',
      except: [
        ['input', '#', 'container_id'],
        ['input', '#', 'environment', 'container_id'],
      ],
    },
    { name: 'skill_id', value: isCustomSkill },
    { name: 'tunnel_id' },
    { name: 'comparison_response_id' },
  ],
  free: [['parameters'], ['schema'], ['input_schema'], ['headers'], ['metadata'], ['annotations'], ['results']],
});
