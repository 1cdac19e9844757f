import { type Document, isAlias, isMap, isSeq, type YAMLMap } from 'yaml'

/** All maps within a node, the outer ones first. Much sooner than by `visit`, which can do more. */
export function mapsIn(node: unknown): readonly YAMLMap[] {
  const maps: YAMLMap[] = []
  walk(node, (inner) => {
    if (isMap(inner)) maps.push(inner)
  })
  return maps
}

/** Most documents have none. */
export function hasAlias(document: Document.Parsed): boolean {
  let isFound = false
  walk(document.contents, (node) => {
    isFound ||= isAlias(node)
  })
  return isFound
}

/** As deep as the composer went, which recurses too. */
function walk(node: unknown, see: (node: unknown) => void): void {
  see(node)
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      walk(key, see)
      walk(value, see)
    }
  } else if (isSeq(node)) {
    for (const item of node.items) walk(item, see)
  }
}
