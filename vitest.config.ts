import process from 'node:process'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests that need what this machine does not bring by itself, by the variable that says where it is. */
const needs = {
  KUBE_APISERVER: 'test/integration/audit-policy-apiserver.test.ts',
  KUBEWITNESS_TEST_ELASTICSEARCH_URL: 'test/integration/elasticsearch-sink.test.ts',
  KUBEWITNESS_SIGMAHQ_RULES: 'test/detections/sigmahq.test.ts',
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...Object.entries(needs).flatMap(([name, file]) =>
        process.env[name] === undefined ? [file] : [],
      ),
    ],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
})
