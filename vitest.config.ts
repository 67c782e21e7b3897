import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run on the sources, so that no stale build is ever tested. The rooms are named one by one rather than by their `source` export
// condition: that would hold for every package, and some publish sources that Node does not run inside node_modules.
const sources = fileURLToPath(new URL('packages/$1/src/index.ts', import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^@offpeak\/(\w+)$/, replacement: sources }] },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    setupFiles: [fileURLToPath(new URL('test/setup/property-seed.ts', import.meta.url))],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // One more than the two cores that are promised: half of the time tests wait for clocks.
    maxWorkers: 3,
    // Clients, servers and engines of one test share two cores with those of another. What failed by their timing passes the second time,
    // and the report says that there was a second; what is broken fails twice, because nothing else is left to chance.
    retry: 1,
  },
});
