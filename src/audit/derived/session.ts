import type { EventView } from './view.ts'

export type SessionKind = 'exec' | 'attach' | 'portForward' | 'run'

/** By the subresource of a pod. */
const kindBySubresource: ReadonlyMap<string, SessionKind> = new Map([
  ['exec', 'exec'],
  ['attach', 'attach'],
  ['portforward', 'portForward'],
])

/** Paths of a kubelet that enter a pod, streaming ones of the container runtime too (`pkg/kubelet/server/server.go`). */
const kubeletPath = /^\/(?:cri\/)?(exec|attach|portforward|run)(?:\/|$)/i

/** What kind of session the request asks for; undefined when it asks for none. */
export function sessionKindOf(view: EventView): SessionKind | undefined {
  if (!view.hasCoreGroup) return undefined
  const subresource = view.reference('subresource')
  switch (view.reference('resource')) {
    case 'pods':
      return kindBySubresource.get(subresource ?? '')
    case 'nodes': {
      const name = kubeletPath.exec(view.proxiedPath ?? '')?.[1]?.toLowerCase()
      return name === 'run' ? 'run' : kindBySubresource.get(name ?? '')
    }
    default:
      return undefined
  }
}

/** The words of the command that the session runs; undefined when it names none. */
export function sessionWords(view: EventView): readonly string[] | undefined {
  switch (sessionKindOf(view)) {
    case 'exec':
    case 'attach':
      return view.query.get('command')
    case 'run':
      return view.query.get('cmd')
    default:
      return undefined
  }
}
