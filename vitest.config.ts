import process from 'node:process'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests that need a server which this machine cannot start by itself, by the variable that says where one is. */
const needServers = {
  KUBEWITNESS_TEST_ELASTICSEARCH_URL: 'test/integration/elasticsearch-sink.test.ts',
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...Object.entries(needServers).flatMap(([name, file]) =>
        process.env[name] === undefined ? [file] : [],
      ),
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
})
