import { type Document, isCollection, isScalar, type LineCounter, type Node, visit } from 'yaml'

/** A line of nothing but white space and perhaps a comment, with a tab first or after its spaces. */
const tabLine = /^( *)\t[\t ]*(?:#.*)?$/gm
/** A line whose content stands behind a tab. */
const contentBehindTab = /^( *)\t[\t ]*[^\t #\n\r]/gm

/**
 * Where a tab stands that the API server's YAML library refuses though most do not: first on an otherwise empty line,
 * or before content; unless it is inside a value, or deeper than the block that a plain text before it belongs to.
 */
export function refusedTab(
  text: string,
  document: Document.Parsed,
  lines: LineCounter,
): number | undefined {
  for (const match of text.matchAll(tabLine)) {
    const offset = match.index + (match[1]?.length ?? 0)
    if (offset <= document.range[2] && isRefused(offset, text, document, lines)) return offset
  }
  for (const match of text.matchAll(contentBehindTab)) {
    const offset = match.index + (match[1]?.length ?? 0)
    if (offset <= document.range[2] && !isInsideValue(offset, document)) return offset
  }
  return undefined
}

/** A text, or a list or map in brackets, that began before goes on there. */
function isInsideValue(offset: number, document: Document.Parsed): boolean {
  let isInside = false
  visit(document, (_key, node) => {
    const isValue = isScalar(node) || (isCollection(node) && node.flow === true)
    const range = isValue ? node.range : undefined
    if (range && range[0] < offset && offset < range[1]) isInside = true
    return isInside ? visit.BREAK : undefined
  })
  return isInside
}

function isRefused(
  offset: number,
  text: string,
  document: Document.Parsed,
  lines: LineCounter,
): boolean {
  let isInside = false
  let isDeeper = false
  visit(document, (_key, node, ancestors) => {
    const range = isScalar(node) || isCollection(node) ? node.range : undefined
    if (!range) return undefined
    const isOpaque = isScalar(node)
      ? node.type !== 'PLAIN'
      : isCollection(node) && node.flow === true
    if (isOpaque && range[0] < offset && offset < range[1]) isInside = true
    if (!isScalar(node) || node.type !== 'PLAIN' || node.source === '' || range[1] > offset) return
    if (text.slice(range[1], offset).trim() !== '') return
    const block = ancestors.findLast((ancestor) => isCollection(ancestor)) as Node | undefined
    const { col } = lines.linePos(block?.range?.[0] ?? 0)
    isDeeper = lines.linePos(offset).col > col
    return undefined
  })
  return !isInside && !isDeeper
}
