import { describe, expect, it } from 'vitest'
import { readField } from './support.ts'

describe('the class of the peer', () => {
  it.each([
    ['127.0.0.1', 'loopback', 4],
    ['::1', 'loopback', 6],
    ['10.9.8.7', 'private', 4],
    ['172.31.255.255', 'private', 4],
    ['172.32.0.0', 'public', 4],
    ['100.64.0.1', 'private', 4],
    ['fd00::1', 'private', 6],
    ['169.254.1.1', 'linkLocal', 4],
    ['fe80::1', 'linkLocal', 6],
    ['0.0.0.0', 'reserved', 4],
    ['ff02::1', 'reserved', 6],
    ['192.0.2.7', 'public', 4],
    ['2001:db8::1', 'public', 6],
    ['::ffff:10.0.0.1', 'private', 4],
  ])('%s is %s', (ip, value, version) => {
    const raw = { sourceIPs: ['198.51.100.1', ip] }
    expect(readField(raw, 'peerIpClass')).toEqual([value])
    expect(readField(raw, 'peerIpVersion')).toEqual([version])
  })

  it.each([{}, { sourceIPs: [] }, { sourceIPs: ['10.0.0.1', 'x'] }, { sourceIPs: 'x' }])(
    'is absent in %j',
    (raw) => {
      expect(readField(raw, 'peerIpClass')).toBe(undefined)
      expect(readField(raw, 'peerIpVersion')).toBe(undefined)
    },
  )
})

describe('the class of a user agent', () => {
  it.each([
    ['kubectl/v1.36.3 (linux/amd64) kubernetes/36a1d5c', 'kubectl'],
    ['kubectl.exe/v1.36.3 (windows/amd64) kubernetes/36a1d5c', 'kubectl'],
    ['kubelet/v1.36.3 (linux/amd64) kubernetes/36a1d5c', 'kubelet'],
    [
      'kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/36a1d5c/shared-informers',
      'controlPlane',
    ],
    ['k9s/v0.50.6 (linux/amd64) kubernetes/$Format', 'console'],
    ['Helm/3.18.2', 'helm'],
    ['curl/8.14.1', 'commandLine'],
    ['Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1', 'commandLine'],
    ['Mozilla/5.0 (X11; Linux x86_64)', 'browser'],
    ['OpenAPI-Generator/33.1.0/python', 'script'],
    ['Go-http-client/2.0', 'goHttp'],
    ['argocd-application-controller/v3.0.0 (linux/amd64) kubernetes/$Format', 'clientGo'],
    ['hydra', 'other'],
  ])('%s is %s', (userAgent, value) => {
    expect(readField({ userAgent }, 'userAgentClass')).toEqual([value])
  })

  it.each([{}, { userAgent: '' }, { userAgent: ['curl/8'] }])('is absent in %j', (raw) => {
    expect(readField(raw, 'userAgentClass')).toBe(undefined)
  })
})
