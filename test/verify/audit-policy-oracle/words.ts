import { resourceVerbs } from '../../../src/rbac/resource-verbs.ts'

export const users = [
  'alice',
  'bob',
  '',
  'system:anonymous',
  'system:serviceaccount:ci:deployer',
  '*',
  'system:serviceaccount:ci:*',
]

export const groups = [
  'system:authenticated',
  'system:masters',
  'developers',
  'system:nodes',
  '',
  '*',
  'system:unauthenticated',
]

export const verbs = [...resourceVerbs, '', '*', 'brew', 'GET']

export const apiGroups = ['', 'apps', 'rbac.authorization.k8s.io', 'metrics.k8s.io', 'example.com']

export const badGroups = ['*', 'apps/v1', '*.k8s.io', 'Apps', 'a..b', '-a', 'a'.repeat(254), 'a_b']

export const resources = ['pods', 'secrets', 'deployments', 'nodes', '', 'namespaces']

export const subresources = ['', '', 'log', 'exec', 'status', 'scale', '*']

export const resourceTexts = [
  'pods',
  'pods/log',
  'pods/*',
  '*',
  '*/log',
  '*/*',
  'pods/l*',
  'po*',
  '',
  '/',
  '/*',
  '*/',
  'secrets',
  'deployments/scale',
  '*/status',
  'pods/',
  'nodes/*',
  'pods/log/*',
  '**',
  '*/exec',
]

export const namespaces = ['default', 'kube-system', '', '*', 'ci']

export const names = ['a', 'b', '', '*', 'web-0']

export const urls = [
  '/healthz',
  '/healthz*',
  '/healthz/*',
  '/api*',
  '/',
  '*',
  '/*',
  '/metrics',
  '/logs/*',
  '/apis/apps/v1',
]

export const badUrls = ['', 'logs', '/a/**', '/a/*/b', '**', 'a*', '*/a', '/**']

export const paths = [
  '/healthz',
  '/healthz/etcd',
  '/api',
  '/apis',
  '/apis/apps/v1',
  '/',
  '',
  '*',
  '/metrics',
  '/logs/x',
  '/healthz*',
  'logs',
  '/healthzz',
  '/version',
]

export const levels = ['None', 'Metadata', 'Request', 'RequestResponse']

export const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']
