import { describe, expect, it } from 'vitest'
import { clusterOf } from '../../../src/sources/kafka/cluster-of.ts'

describe('the cluster of a message', () => {
  it.each([
    ['as its header says', { cluster: Buffer.from('north') }, 'north'],
    ['as the first of several headers says', { cluster: ['east', 'west'] }, 'east'],
    ['the configured one without a header', {}, 'rest'],
    ['the configured one when the header holds no name', { cluster: 'No Name' }, 'rest'],
  ])('is %s', (_, headers, expected) => {
    expect(clusterOf(headers, { cluster: 'rest', clusterHeader: 'cluster' })).toBe(expected)
  })

  it('is the configured one when no header is asked for', () => {
    expect(clusterOf({ cluster: 'north' }, { cluster: 'rest' })).toBe('rest')
  })
})
