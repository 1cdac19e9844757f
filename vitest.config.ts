import process from 'node:process'
import { configDefaults, defineConfig } from 'vitest/config'

/** Tests that need what this machine does not bring by itself, by the variable that says where it is. */
const needs = {
  KUBE_APISERVER: 'test/integration/audit-policy-apiserver.test.ts',
  KUBEWITNESS_SIGMAHQ_RULES: 'test/detections/sigmahq.test.ts',
}

/** Tests that share a real server, which their project's set-up finds or starts (`test/support/servers.ts`): only when one of them is to run. */
const servers = ['elasticsearch', 'opensearch', 'kafka']

const leftOut = Object.entries(needs).filter(([name]) => process.env[name] === undefined)
for (const [name, file] of leftOut) process.stderr.write(`left out: ${file}; it needs ${name}\n`)

export default defineConfig({
  test: {
    exclude: [...configDefaults.exclude, ...leftOut.map(([, file]) => file)],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    // What is waited for comes from other processes too, on machines that have other work.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: servers.map((name) => `test/integration/${name}/**`),
        },
      },
      ...servers.map((name) => ({
        extends: true as const,
        test: {
          name,
          include: [`test/integration/${name}/**/*.test.ts`],
          globalSetup: [`test/support/${name}-setup.ts`],
          // They start servers in Java, beside all other tests.
          testTimeout: 400_000,
        },
      })),
    ],
  },
})
