import { fileURLToPath } from 'node:url'
import {
  check,
  commonSettings,
  type Distribution,
  startContainer,
  startFromFiles,
} from './search-server.ts'
import type { ServerKind } from './servers.ts'

const distribution: Distribution = {
  name: 'OpenSearch',
  program: 'opensearch',
  prefix: 'OPENSEARCH',
  // The full distribution of the version that pom.xml names.
  image: 'opensearchproject/opensearch:2.19.4',
  settings: commonSettings,
  containerEnvironment: { DISABLE_SECURITY_PLUGIN: 'true', DISABLE_INSTALL_DEMO_CONFIG: 'true' },
}

export const opensearch: ServerKind = {
  name: 'OpenSearch',
  variable: 'KUBEWITNESS_TEST_OPENSEARCH',
  artifacts: {
    name: 'opensearch',
    pomFile: fileURLToPath(new URL('./opensearch/pom.xml', import.meta.url)),
    goals: (into) => ['dependency:unpack-dependencies', `-DoutputDirectory=${into}`],
  },
  check,
  startContainer: (settings) => startContainer(distribution, settings),
  startChild: (files, java, settings) => startFromFiles(distribution, files, java, settings),
}
