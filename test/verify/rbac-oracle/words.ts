/** What generated manifests and requests are made of: few words each, so that they meet; odd ones among them. */
export const namespaces = ['shop', 'ci', 'kube-system', 'Shop', '']
export const roles = [
  'view',
  'edit',
  'sum',
  'all',
  'system:node',
  'a"b',
  'é\u00a0',
  '',
  'a/b',
  '..',
]
export const bindings = ['b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b\\7', 'b\u00ad8', 'b%9', '']
export const subjectKinds = [
  'User',
  'User',
  'Group',
  'Group',
  'ServiceAccount',
  'ServiceAccount',
  'user',
  '',
]
export const apiGroupsOfRbac = ['rbac.authorization.k8s.io', '', 'apps', 'rbac']
export const users = [
  'alice',
  'bob',
  'Alice',
  '',
  '*',
  'system:anonymous',
  'system:serviceaccount:shop:web',
  'system:serviceaccount:ci:deployer',
  'system:serviceaccount:shop:',
  'system:serviceaccount::web',
  'system:serviceaccount:shop:web:x',
  'system:serviceaccount:shop',
  'tab\t"quote"',
]
export const accounts = ['web', 'deployer', 'Web', '', 'web:x', 'alice']
export const groups = [
  'devs',
  'ops',
  'system:authenticated',
  'system:unauthenticated',
  'system:serviceaccounts',
  'system:serviceaccounts:shop',
  '',
  '*',
]
export const verbs = ['get', 'list', 'watch', 'create', 'deletecollection', 'GET', '*', '', 'use']
export const apiGroups = ['', '', 'apps', '*', 'Apps', 'rbac.authorization.k8s.io']
export const resourceTexts = [
  'pods',
  'pods',
  'pods/log',
  'pods/exec',
  'secrets',
  '*',
  '*/log',
  '*/exec',
  'pods/*',
  '*/*',
  'Pods',
  '',
  '*/',
  '/',
  'pods/',
  '/log',
  'deployments/scale',
]
export const names = ['a', 'b', '', '*', 'A']
export const urls = [
  '/healthz',
  '/healthz*',
  '/healthz/*',
  '*',
  '/api/*',
  '/a**',
  '/*',
  '',
  '**',
  'x*y',
  '/',
]
export const paths = [
  '/healthz',
  '/healthz/etcd',
  '/healthzz',
  '/api',
  '/api/v1',
  '/',
  '',
  '*',
  '/a',
  '/a*',
  '/ab',
  'x',
  'xy',
  'x*y',
  '/version',
]
export const resources = ['pods', 'pods', 'secrets', 'deployments', 'Pods', '*', '']
export const subresources = ['', '', '', 'log', 'exec', 'scale', '*', '/']
export const oddValues: readonly unknown[] = [
  null,
  true,
  0,
  1.5,
  '',
  'x',
  [],
  {},
  [null],
  ['get', null],
  [1],
  [[]],
  { a: 1 },
  '2026-01-31',
  'yes',
  '1',
]
export const objectFields = [
  'rules',
  'subjects',
  'roleRef',
  'aggregationRule',
  'kind',
  'apiVersion',
  'extra',
  'Rules',
]
export const metadataFields = ['name', 'namespace', 'labels', 'annotations', 'uid', 'extra']
