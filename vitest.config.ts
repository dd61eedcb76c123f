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
          exclude: ['tests/e2e/**', 'tests/features/**', 'tests/ui/**', 'tests/app/**'],
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
