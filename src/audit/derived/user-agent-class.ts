import type { FieldValue } from './field.ts'
import { containsOne, startsWithOne, type WireFacts } from './wire-fact.ts'

export type UserAgentClass =
  | 'kubectl'
  | 'kubelet'
  | 'controlPlane'
  | 'console'
  | 'helm'
  | 'commandLine'
  | 'browser'
  | 'script'
  | 'goHttp'
  | 'clientGo'
  | 'other'

interface Sign {
  readonly meaning: string
  readonly facts: WireFacts
  readonly isOf: (folded: string) => boolean
}

/** The first that fits is the class. */
const signs: Readonly<Record<Exclude<UserAgentClass, 'other'>, Sign>> = {
  kubectl: beginning('kubectl and its plugins', 'kubectl'),
  kubelet: beginning('`kubelet/…`', 'kubelet/'),
  controlPlane: beginning(
    'components of the control plane, and kube-proxy',
    'kube-apiserver/',
    'kube-controller-manager/',
    'kube-scheduler/',
    'kube-proxy/',
    'cloud-controller-manager/',
  ),
  console: beginning(
    'k9s, Lens, Headlamp, Octant',
    'k9s/',
    'lens',
    'openlens',
    'headlamp',
    'octant/',
  ),
  helm: beginning('`Helm/…`', 'helm/'),
  commandLine: {
    meaning: 'curl, wget, HTTPie, PowerShell',
    facts: [
      [startsWithOne('userAgent', 'curl/', 'wget/', 'httpie/')],
      [containsOne('userAgent', 'powershell')],
    ],
    isOf: (text) => /^(?:curl|wget|httpie)\/|powershell/.test(text),
  },
  browser: beginning('a web browser', 'mozilla/', 'opera/'),
  script: beginning(
    'HTTP libraries of scripting languages and of Java, and the generated Kubernetes clients',
    'python',
    'openapi-generator/',
    'aiohttp/',
    'okhttp/',
    'java/',
    'node-fetch',
    'axios/',
    'ruby',
    'php',
    'perl',
    'libwww-perl/',
  ),
  goHttp: beginning('a Go program without a name', 'go-http-client/'),
  clientGo: {
    meaning:
      'another program with client-go: `name/version (system/architecture) kubernetes/commit`, or its own name before the commit',
    facts: [[containsOne('userAgent', ' (linux/', ' (darwin/', ' (windows/')]],
    isOf: (text) => / \((?:linux|darwin|windows)\/\w+\) [^\s/]+\/./.test(text),
  },
}

// Its keys are the classes.
const signed = Object.entries(signs) as [UserAgentClass, Sign][]

export const userAgentClasses: readonly (FieldValue & { readonly value: UserAgentClass })[] = [
  ...signed.map(([value, { meaning, facts }]) => ({ value, meaning, facts })),
  { value: 'other', meaning: 'any other' },
]

/** Undefined when there is none. */
export function userAgentClassOf(userAgent: string): UserAgentClass | undefined {
  if (userAgent === '') return undefined
  const folded = userAgent.toLowerCase()
  return signed.find(([, { isOf }]) => isOf(folded))?.[0] ?? 'other'
}

function beginning(meaning: string, ...prefixes: readonly string[]): Sign {
  return {
    meaning,
    facts: [[startsWithOne('userAgent', ...prefixes)]],
    isOf: (text) => prefixes.some((prefix) => text.startsWith(prefix)),
  }
}
