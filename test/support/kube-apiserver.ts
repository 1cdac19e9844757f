import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** Only what is said between the start of the API server and the moment when it has the audit policy. */
export interface PolicyStart {
  /** Why it did not start; undefined = the audit policy is loaded. */
  readonly refusal: string | undefined
  /** What it says about the audit policy besides, such as fields that it drops. */
  readonly warnings: readonly string[]
}

/**
 * Starts a kube-apiserver just far enough to load an audit policy, and ends it. It needs no etcd for that: the policy comes
 * before the storage, and port 1 of the loopback address refuses whoever asks.
 */
export async function startWithAuditPolicy(binary: string, policy: string): Promise<PolicyStart> {
  await using folder = await createTemporaryFolder('kube-apiserver')
  const file = (name: string, text: string): string => {
    const path = join(folder.path, name)
    writeFileSync(path, text)
    return path
  }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const server = spawn(
    binary,
    [
      `--audit-policy-file=${file('policy.yml', policy)}`,
      '--audit-log-path=-',
      '--etcd-servers=http://127.0.0.1:1',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub', publicKey)}`,
      `--service-account-signing-key-file=${file('sa.key', privateKey)}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      `--cert-dir=${folder.path}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${await freePort()}`,
      '-v=2',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(server, 'close')
  const warnings: string[] = []
  try {
    for await (const line of createInterface({ input: server.stderr })) {
      if (line.includes('Using audit backend')) return { refusal: undefined, warnings }
      if (line.includes('command failed')) return { refusal: line, warnings }
      if (/^[WE]/.test(line) && /audit.*policy|policy.*audit/i.test(line)) warnings.push(line)
    }
    throw new Error(`${binary} ended without a word about the audit policy`)
  } finally {
    server.kill('SIGKILL')
    await ended
  }
}
