/** What the API server makes of HTTP methods on resources, in the order in which people write them (k8s.io/apiserver `requestinfo.go`). */
export const resourceVerbs: readonly string[] = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
]
