import type { KeyPair } from './certificates.ts'
import { fetchedFolder, javaHome } from './fetch.ts'
import { commonSettings, type Distribution, serverKind, startFromFiles } from './search-server.ts'
import type { OwnServer, ServerSettings } from './servers.ts'

export const elasticsearchSettings: ServerSettings = {
  ...commonSettings,
  'xpack.security.enabled': 'false',
}

const distribution: Distribution = {
  name: 'Elasticsearch',
  program: 'elasticsearch',
  prefix: 'ES',
  // The full distribution of the version that pom.xml names.
  image: 'docker.elastic.co/elasticsearch/elasticsearch:8.19.21',
  settings: elasticsearchSettings,
}

export const elasticsearch = serverKind(distribution)

/** A user of the server's own files, with one role of the same name. */
export interface FileUser {
  readonly name: string
  readonly password: string
  readonly role: object
}

/** A server that asks who somebody is, at `https://127.0.0.1`. The first user needs the cluster privilege `monitor`. Undefined where the vendor's files are not fetched. */
export async function startSecured(
  users: readonly FileUser[],
  /** Its certificate, and that of its authority behind it. */
  chain: KeyPair,
): Promise<OwnServer | undefined> {
  const files = fetchedFolder(elasticsearch.artifacts)
  const java = files === undefined ? undefined : await javaHome()
  if (files === undefined || java === undefined) return undefined
  const [first] = users
  if (first === undefined) throw new Error('somebody has to look at the health')
  return startFromFiles(
    distribution,
    files,
    java,
    {},
    {
      settings: {
        'xpack.security.enabled': 'true',
        'xpack.security.http.ssl.enabled': 'true',
        'xpack.security.http.ssl.key': 'http.key',
        'xpack.security.http.ssl.certificate': 'http.crt',
      },
      files: { ...userFiles(users), 'http.key': [chain.key], 'http.crt': [chain.cert] },
      authorization: basicAuthorization(first),
      ca: chain.cert,
    },
  )
}

export function basicAuthorization({ name, password }: FileUser): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

function userFiles(users: readonly FileUser[]): Readonly<Record<string, readonly string[]>> {
  return {
    // A password that is no hash is compared as it stands.
    users: users.map(({ name, password }) => `${name}:${password}`),
    users_roles: users.map(({ name }) => `${name}:${name}`),
    'roles.yml': users.map(({ name, role }) => `${name}: ${JSON.stringify(role)}`),
  }
}
