import { describe, expect, it } from 'vitest'
import type { CredentialStory } from '../../../src/contracts.ts'
import { first, storiesOf } from './stories.ts'
import { deployer, kubelet, person, podOn, type Request, webPod } from './support.ts'

describe("a pod's token", () => {
  it('is ordinary where its pod is, and first where it is seen first', () => {
    expect(storiesOf(webPod, { ...webPod, at: 1 }, { ...webPod, at: 400 })).toEqual([
      first,
      undefined,
      undefined,
    ])
  })

  it('is elsewhere at another address while its pod is at work, also as another token of the pod', () => {
    const thief = { ...webPod, ip: '203.0.113.50', agent: 'curl/8.5.0', at: 60 }
    const renewed = { ...thief, extra: { ...webPod.extra, 'credential-id': 'JTI=web-2' } }
    const elsewhere: CredentialStory = {
      place: ['elsewhere'],
      otherAddresses: ['10.1.1.5'],
      networks: 2,
      otherClients: ['web'],
    }
    expect(storiesOf(webPod, thief)).toEqual([first, elsewhere])
    expect(storiesOf(webPod, renewed, { ...webPod, at: 61 })).toEqual([first, elsewhere, undefined])
  })

  it('is elsewhere in the network of its pod, too', () => {
    expect(storiesOf(webPod, { ...webPod, ip: '10.1.1.6', at: 9 })[1]).toEqual({
      place: ['elsewhere'],
      otherAddresses: ['10.1.1.5'],
    })
  })

  it('is elsewhere with a common client, if that came before the pod itself', () => {
    const thief = { ...webPod, ip: '203.0.113.50', agent: 'kubectl/v1.36.3' }
    const [, own, again] = storiesOf(thief, { ...webPod, at: 1 }, { ...thief, at: 2 })
    expect(own).toEqual({ otherClients: ['kubectl'] })
    expect(again).toEqual({
      place: ['elsewhere'],
      otherAddresses: ['10.1.1.5'],
      networks: 2,
    })
  })

  it('is new at another address when its pod has been idle', () => {
    expect(storiesOf(webPod, { ...webPod, ip: '10.1.2.9', at: 3600 })[1]).toEqual({
      place: ['new'],
    })
  })

  it('is ordinary at the address of its node', () => {
    const node = kubelet('worker-1', '10.0.0.1')
    expect(storiesOf(webPod, node, { ...webPod, ip: '10.0.0.1', at: 9 })[2]).toBeUndefined()
  })

  it('is on another node, at the address of that node', () => {
    const node = kubelet('worker-2', '10.0.0.2')
    const thief = { ...webPod, ip: '10.0.0.2', agent: 'curl/8.5.0' }
    expect(storiesOf(node, { ...thief, at: 21 })[1]).toEqual({ place: ['first', 'otherNode'] })
    expect(storiesOf(node, { ...thief, at: 9 })[1]).toEqual(first)
    expect(storiesOf(node, { ...webPod, ip: '10.0.0.2', at: 21 })[1]).toEqual(first)
    expect(storiesOf(node, webPod, { ...webPod, ip: '10.0.0.2', at: 9 })[2]?.place).toEqual([
      'elsewhere',
      'otherNode',
    ])
  })

  it('says nothing at an address that several nodes share', () => {
    const gateway = '192.0.2.1'
    const nodes = [kubelet('worker-2', gateway), kubelet('worker-3', gateway)]
    expect(storiesOf(...nodes, webPod, { ...webPod, ip: gateway, at: 9 }).at(-1)).toBeUndefined()
  })

  it('says nothing at an address that pods of several nodes share', () => {
    const gateway = { ip: '192.0.2.1' }
    const pods = ['a', 'b', 'c'].map((name, i) => ({ ...podOn(`worker-${i}`, name), ...gateway }))
    expect(storiesOf(...pods, webPod, { ...webPod, ...gateway, at: 9 }).at(-1)).toBeUndefined()
  })

  it('may be seen now by its own address, now by that of its node', () => {
    const node = kubelet('worker-1', '10.0.0.1')
    const byNode = { ...webPod, ip: '10.0.0.1' }
    expect(storiesOf(node, byNode, { ...webPod, at: 1 })[2]).toEqual({ place: ['new'] })
    const outside = { ...webPod, ip: '203.0.113.50', agent: 'curl/8.5.0' }
    const others = [
      { ...outside, at: 1 },
      { ...byNode, at: 310 },
      { ...outside, at: 320 },
    ]
    expect(storiesOf(node, byNode, ...others).at(-1)?.place).toEqual(['elsewhere'])
  })

  it('may go by one of two gateways, of which the second is not known yet', () => {
    const nodes = ['a', 'b', 'c'].map((name) => kubelet(name, '192.0.2.1'))
    const byOne = { ...webPod, ip: '192.0.2.1' }
    expect(storiesOf(...nodes, byOne, { ...webPod, ip: '198.18.0.1', at: 1 })[4]).toEqual({
      place: ['new'],
    })
  })

  it('is at the address of another pod', () => {
    const other = { ...podOn('worker-1', 'cart'), ip: '10.1.1.7' }
    expect(storiesOf(other, webPod, { ...webPod, ip: '10.1.1.7', at: 9 })[2]).toEqual({
      place: ['elsewhere', 'otherPod'],
      otherAddresses: ['10.1.1.5'],
    })
  })

  it('takes over the address of a pod that was deleted', () => {
    const old = { ...podOn('worker-1', 'cart'), ip: '10.1.1.5' }
    const gone = { ...kubelet('worker-1', '10.0.0.1'), verb: 'delete', target: 'pods shop/cart-0' }
    expect(storiesOf(old, { ...gone, at: 1 }, { ...webPod, at: 2 })[2]).toEqual(first)
    expect(storiesOf(old, { ...webPod, at: 2 })[1]).toEqual({ place: ['first', 'otherPod'] })
  })

  it('is where its kubelet says that the pod is', () => {
    const status: Request = {
      ...kubelet('worker-1', '10.0.0.1'),
      verb: 'patch',
      target: 'pods/status shop/web-0',
      body: { metadata: { uid: 'uid-web-0' }, status: { podIPs: [{ ip: '10.1.1.5' }] } },
    }
    const odd = { ...webPod, ip: '10.1.2.9', at: 1 }
    expect(storiesOf(odd, status, { ...webPod, at: 2 })[2]).toBeUndefined()
    expect(storiesOf(status, odd)[1]).toEqual(first)
  })

  it('is known by its credential where the API server does not tell of pods', () => {
    const { user, ...rest } = webPod
    const unbound = { ...rest, user: String(user), extra: { 'credential-id': 'JTI=web-1' } }
    expect(
      storiesOf(unbound, { ...unbound, ip: '198.51.100.23', agent: 'curl/8', at: 9 })[1],
    ).toEqual({
      place: ['elsewhere'],
      otherAddresses: ['10.1.1.5'],
      networks: 2,
      otherClients: ['web'],
    })
  })
})

describe('a token without a pod', () => {
  it('may be that of several replicas', () => {
    expect(storiesOf(deployer, { ...deployer, ip: '10.2.9.9', at: 9 })).toEqual([
      first,
      { place: ['new'] },
    ])
  })

  it('says nothing once it is used in many networks', () => {
    const places = ['10.1.9.9', '10.2.9.9', '10.3.9.9', '10.4.9.9', '10.5.9.9'].map((ip, at) => ({
      ...deployer,
      agent: 'kubectl/v1.36.3',
      ip,
      at,
    }))
    expect(storiesOf(...places).map((story) => story?.place)).toEqual([
      ['first'],
      ['elsewhere'],
      ['elsewhere'],
      ['new'],
      ['new'],
    ])
  })
})

describe("a node's certificate", () => {
  const node = kubelet('worker-1', '10.0.0.1')
  const elsewhere = {
    place: ['elsewhere'],
    otherAddresses: ['10.0.0.1'],
    networks: 2,
  }

  it('is elsewhere at any other address while the kubelet is at work, whichever certificate it is', () => {
    const stolen = { extra: { 'credential-id': 'X509SHA256=stolen' }, ip: '203.0.113.50', at: 9 }
    expect(storiesOf(node, { ...node, ...stolen })[1]).toEqual(elsewhere)
    expect(storiesOf(node, { ...node, ...stolen, agent: 'kubectl/v1.36.3' })[1]).toEqual({
      ...elsewhere,
      otherClients: ['kubelet'],
    })
  })

  it('is elsewhere where it was seen before its kubelet, with another client', () => {
    const thief = { ...node, ip: '203.0.113.50', agent: 'kubectl/v1.36.3' }
    expect(storiesOf(thief, { ...node, at: 1 }, { ...thief, at: 2 })).toEqual([
      first,
      { otherClients: ['kubectl'] },
      elsewhere,
    ])
  })

  it('may use several addresses of a network, and of both protocols', () => {
    expect(storiesOf(node, { ...node, ip: '10.0.0.77' }, { ...node, ip: '2001:db8::1' })).toEqual([
      first,
      undefined,
      undefined,
    ])
  })

  it('is at another node', () => {
    const other = kubelet('worker-2', '10.0.0.2')
    const thief = { ...node, ip: '10.0.0.2', agent: 'curl/8.5.0', at: 21 }
    expect(storiesOf(node, other, thief)[2]).toEqual({
      place: ['otherNode'],
      otherClients: ['kubelet'],
    })
  })
})

describe("a person's credential", () => {
  const home = { ...person, ip: '198.51.100.7' }

  it('may move', () => {
    expect(storiesOf(person, { ...home, at: 60 }, { ...home, at: 400 })).toEqual([
      first,
      { place: ['new'] },
      undefined,
    ])
  })

  it('may come by an address that is used by many people', () => {
    const others = ['a', 'b', 'c'].map((name) => ({ ...home, user: name, extra: {} }))
    const credentials = (name: string) => ({ 'credential-id': `X509SHA256=${name}` })
    const many = others.map((other, i) => ({ ...other, extra: credentials(`x${i}`) }))
    const turns = [person, { ...home, at: 60 }, { ...person, at: 310 }, { ...home, at: 320 }]
    expect(storiesOf(...many, ...turns).at(-1)).toBeUndefined()
  })

  it('is elsewhere when it is used here and there in turns', () => {
    const turns = [person, { ...home, at: 60 }, { ...person, at: 310 }, { ...home, at: 320 }]
    expect(storiesOf(...turns).slice(2)).toEqual([
      undefined,
      { place: ['elsewhere'], otherAddresses: ['10.60.7.60'], networks: 2 },
    ])
  })
})

describe('many accounts at one address', () => {
  const ip = '203.0.113.50'
  const tokens = ['a', 'b', 'c'].map((name) => ({
    ...podOn('worker-9', name),
    ip,
    agent: 'curl/8.5.0',
  }))

  it('are counted where the same client uses them', () => {
    expect(storiesOf(...tokens).map((story) => story?.accountsAtAddress)).toEqual([undefined, 2, 3])
    const mixed = tokens.map((token, i) => ({ ...token, agent: `app-${i}/1` }))
    expect(storiesOf(...mixed).map((story) => story?.accountsAtAddress)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('are ordinary on their node, and in a controller manager', () => {
    const onNode = [kubelet('worker-9', ip), ...tokens]
    expect(storiesOf(...onNode).map((story) => story?.accountsAtAddress)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    const controllers = ['a', 'b'].map((name) => ({
      user: `system:serviceaccount:kube-system:${name}-controller`,
      agent: 'kube-controller-manager/v1.36.3',
      extra: { 'credential-id': `JTI=${name}` },
    }))
    expect(storiesOf(...controllers)).toEqual([first, first])
  })
})
