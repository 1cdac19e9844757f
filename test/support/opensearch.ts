import { commonSettings, serverKind } from './search-server.ts'

export const opensearch = serverKind({
  name: 'OpenSearch',
  program: 'opensearch',
  prefix: 'OPENSEARCH',
  // The full distribution of the version that pom.xml names.
  image: 'opensearchproject/opensearch:2.19.4',
  settings: commonSettings,
  containerEnvironment: { DISABLE_SECURITY_PLUGIN: 'true', DISABLE_INSTALL_DEMO_CONFIG: 'true' },
})
