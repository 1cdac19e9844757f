import { addressClasses, addressClassOf } from './address-class.ts'
import { type DerivedField, presentText, presentValues } from './field.ts'
import { userAgentClasses, userAgentClassOf } from './user-agent-class.ts'
import { exists } from './wire-fact.ts'

/** Where from, and with what program. */
export const clientFields: Readonly<Record<string, DerivedField>> = {
  peerIp: {
    type: 'text',
    meaning:
      'The last of sourceIPs: the only address that the client cannot choose. Behind a load balancer it is that of the load balancer.',
    read: ({ event }) => presentText(event.peerIp),
  },
  claimedIps: {
    type: 'text',
    isList: true,
    meaning: 'The other sourceIPs, as headers claimed them; absent if there are none.',
    read: ({ event }) => presentValues(event.claimedIps),
  },
  peerIpClass: {
    type: 'text',
    meaning: 'What kind of address peerIp is; absent when it is none.',
    values: addressClasses,
    read: ({ event }) => presentText(addressClassOf(event.peerIp)),
  },
  peerIpVersion: {
    type: 'number',
    meaning: 'The version of IP of peerIp; IPv4 that is mapped into IPv6 is 4.',
    values: [
      { value: 4, meaning: 'IPv4' },
      { value: 6, meaning: 'IPv6' },
    ],
    read: ({ event }) => {
      if (addressClassOf(event.peerIp) === undefined) return undefined
      return [/^[0-9a-f:]*$/i.test(event.peerIp) ? 6 : 4]
    },
  },
  userAgentClass: {
    type: 'text',
    meaning:
      'What program userAgent says to be. Every client chooses that text: a class shows who does not hide, and proves nothing.',
    wherePresent: [[exists('userAgent')]],
    values: userAgentClasses,
    read: (view) => presentText(userAgentClassOf(view.userAgent ?? '')),
  },
}
