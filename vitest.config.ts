import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/render-tools.ts'],
    setupFiles: ['test/support/node-version.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
