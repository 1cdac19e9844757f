import process from 'node:process'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests that need what this machine does not bring by itself, by the variable that says where it is. */
const needs = {
  KUBE_APISERVER: 'test/integration/audit-policy-apiserver.test.ts',
  KUBEWITNESS_TEST_ELASTICSEARCH_URL: 'test/integration/elasticsearch-sink.test.ts',
  KUBEWITNESS_SIGMAHQ_RULES: 'test/detections/sigmahq.test.ts',
}

const leftOut = Object.entries(needs).filter(([name]) => process.env[name] === undefined)
for (const [name, file] of leftOut) process.stderr.write(`left out: ${file}; it needs ${name}\n`)

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...leftOut.map(([, file]) => file)],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
})
