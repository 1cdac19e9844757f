import { colonEnd, spaceEnd, stringEnd, UNFINISHED, type ValueScanner } from './json-scan.ts'

/** Keys that only an event has, and `schema` of our own alerts, whose `events` are no audit events: such a one is no list. */
const noListKeys = ['auditID', 'stage', 'requestURI', 'schema'].map(bytesOf)
const itemsKey = bytesOf('items')
/** What CloudWatch Logs, Azure Monitor, Cloud Logging and CloudWatch Logs Insights call their items. */
const exportKeys = ['events', 'logEvents', 'records', 'entries', 'results'].map(bytesOf)
const kindKey = bytesOf('kind')
const listEnding = bytesOf('List"')
/** How an apiserver begins most lines of its log. */
const eventBeginning = bytesOf(
  '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"',
)
const eventWords = wordsOf(eventBeginning)

const listBeginning = bytesOf('{"kind":"EventList",')

/** Whether an object begins as an API server's list does: it is no event, whatever follows. */
export function beginsEventList(view: DataView, start: number, stop: number): boolean {
  return start + listBeginning.length <= stop && equalBytes(view, start, listBeginning)
}

/** What makes an object a list: either of the two, or both where an event may be any object. */
export type ListSign = 'kindOrItems' | 'kindAndItems'

/**
 * Whether the object that opens at `start` is a list (a kind that ends in `List`, or `items` that is an array or null, or what an
 * export calls so) or something else. UNFINISHED while the bytes do not tell. Reads no more than it must: an apiserver tells within 40 bytes.
 */
export function isListAt(
  view: DataView,
  start: number,
  stop: number,
  values: ValueScanner,
  sign: ListSign,
): boolean | typeof UNFINISHED {
  if (beginsEvent(view, start, stop)) return false
  let i = start + 1
  let signs = 0
  const wanted = sign === 'kindOrItems' ? 1 : 2
  for (;;) {
    const keyStart = spaceEnd(view, i, stop) + 1
    if (keyStart > stop) return UNFINISHED
    if (view.getUint8(keyStart - 1) !== 0x22) return false
    const keyEnd = stringEnd(view, keyStart, stop)
    const value = keyEnd < 0 ? keyEnd : colonEnd(view, keyEnd + 1, stop)
    if (value < 0) return value === UNFINISHED ? UNFINISHED : false
    const isKey = (key: Uint8Array) =>
      keyEnd - keyStart === key.length && equalBytes(view, keyStart, key)
    if (isItemsKey(view, keyStart, keyEnd, sign) && isArrayOrNull(view.getUint8(value))) {
      if (++signs === wanted) return true
    }
    if (noListKeys.some(isKey)) return false
    const end = values.end(view, value, stop, 0)
    if (end < 0) return end === UNFINISHED ? UNFINISHED : false
    if (isKey(kindKey)) {
      if (equalBytes(view, end - listEnding.length, listEnding) && ++signs === wanted) return true
    }
    i = spaceEnd(view, end, stop)
    if (i >= stop) return UNFINISHED
    if (view.getUint8(i++) !== 0x2c) return false
  }
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer)
  return Int32Array.from({ length: bytes.length >> 2 }, (_, word) => view.getInt32(4 * word, true))
}

/** Such an object is no list, whatever follows. */
function beginsEvent(view: DataView, start: number, stop: number): boolean {
  if (start + eventBeginning.length > stop) return false
  for (let word = 0; word < eventWords.length; word++) {
    if (view.getInt32(start + 4 * word, true) !== eventWords[word]) return false
  }
  const last = eventBeginning.length - 1
  return view.getUint8(start + last) === eventBeginning[last]
}

/** Tells an `items` that may stand for a list's. */
export function isArrayOrNull(first: number | undefined): boolean {
  return first === 0x5b || first === 0x6e
}

export function isItemsKey(view: DataView, start: number, end: number, sign: ListSign): boolean {
  const isKey = (key: Uint8Array) => end - start === key.length && equalBytes(view, start, key)
  return isKey(itemsKey) || (sign === 'kindOrItems' && exportKeys.some(isKey))
}

function equalBytes(view: DataView, start: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) {
    if (view.getUint8(start + i) !== expected[i]) return false
  }
  return true
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}
