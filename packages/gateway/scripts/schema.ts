/** Writes docs/offpeak.schema.json from the schema that the gateway itself checks with. */
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { configJsonSchema } from '../src/config/schema.ts';

const file = new URL('../../../docs/offpeak.schema.json', import.meta.url);
writeFileSync(file, await format(JSON.stringify(configJsonSchema()), { parser: 'json', printWidth: 120 }));
