import { expect, it } from 'vitest'
import { fieldsRead, fieldsReadBy } from '../../src/detect/fields-read.ts'
import { parseRule } from '../sigma/support.ts'

it('a condition reads every field once, those of array elements below the array, and none for keywords', () => {
  const rule = [
    'title: A',
    'sigma-version: 3',
    'logsource: { product: kubernetes }',
    'detection:',
    '  s: { verb: get, "user.groups[any]": { ".": a }, "requestObject.spec.containers[any]": { image: x } }',
    '  p: { verb|contains: e, user.uid|fieldref: user.username }',
    '  k: [word]',
    '  condition: s and not p or k',
  ].join('\n')
  expect(fieldsRead(parseRule(rule).condition)).toEqual([
    'verb',
    'user.groups',
    'requestObject.spec.containers.image',
    'user.uid',
    'user.username',
  ])
})

it('a rule reads what its baseline reads, too', () => {
  const rule = [
    'title: A',
    'logsource: { product: kubernetes }',
    'detection: { s: { verb: get }, condition: s }',
    'kubewitness: { baseline: { kind: rare, of: [objectRef.namespace], among: [userClass] } }',
  ].join('\n')
  expect(fieldsReadBy(parseRule(rule))).toEqual([
    'verb',
    'userClass',
    'user.username',
    'objectRef.namespace',
  ])
})
