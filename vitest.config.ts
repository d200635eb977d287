/** Tests run from the sources: workspace packages resolve through their `source` export condition. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'import'], externalConditions: ['source', 'node', 'import'] } },
  resolve: { conditions: ['source', 'module', 'node', 'import'] },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
