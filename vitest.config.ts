import { defineConfig } from 'vitest/config'

const slowRoomsMs = 60_000

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        extends: './vite.config.ts',
        test: {
          name: 'rooms',
          environment: 'node',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/{sync-server,simulation,features,ui,app,e2e}/**'],
          testTimeout: slowRoomsMs,
          hookTimeout: slowRoomsMs,
        },
      },
      {
        extends: './vite.config.ts',
        test: {
          name: 'server',
          environment: 'node',
          include: ['tests/{sync-server,simulation}/**/*.test.ts'],
          // One real PostgreSQL for the whole run; each test makes a database of its own in it.
          globalSetup: ['tests/harness/postgres.ts'],
          testTimeout: slowRoomsMs,
          hookTimeout: slowRoomsMs,
        },
      },
      {
        extends: './vite.config.ts',
        test: {
          name: 'components',
          environment: 'happy-dom',
          include: ['tests/{features,ui,app}/**/*.test.ts'],
        },
      },
      {
        extends: './vite.config.ts',
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['tests/harness/journeySetup.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
