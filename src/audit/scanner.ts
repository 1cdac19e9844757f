import { scannerModule } from './scanner-module.ts'
import { partCount, writeConfiguration, writeTables } from './scanner-tables.ts'

/** What a scanner asks of who made it; places are in its input. See `assembly/host.ts`. */
export interface ScannerHost {
  learn(which: number, start: number, end: number, stop: number): number
  username(start: number, stop: number): void
  groups(start: number, stop: number): void
  annotationBit(start: number, end: number): number
  minuteUs(start: number): number
}

/** The functions of `assembly/index.ts`; places are in the input. */
interface ScannerFunctions {
  prepare(events: number, user: number): void
  beginInput(bytes: number): void
  scan(start: number, stop: number): number
  run(start: number, stop: number, maxBytes: number, maxDepth: number, isInList: boolean): number
  note(holding: number, doubtful: number): void
  depth(): number
  seenKeys(): number
  isDoubtful(): number
  isOtherKind(): number
  beginRows(notesPlaces: boolean): void
  addRow(start: number, end: number): void
  rowCount(): number
}

/** Where things lie in its memory, and how many there are; see `assembly/layout.ts`. */
interface ScannerLayout {
  readonly CONFIGURATION: number
  readonly TABLES: number
  readonly MEMOS: number
  readonly ROWS: number
  readonly CELLS: number
  readonly CELL_COLUMNS: number
  readonly TIMES: number
  readonly BODIES: number
  readonly PARTS: number
  readonly ALL_PART_STARTS: number
  readonly ALL_PART_ENDS: number
  readonly INPUT: number
  readonly PADDING: number
}

export interface Scanner extends ScannerFunctions {
  readonly memory: WasmMemory
  readonly layout: ScannerLayout
}

const pageBytes = 65_536
/** Room for an ordinary body. */
const ordinaryBytes = 1 << 20

/** Compiled when it is first asked for: it takes milliseconds, is a constant, and has no state. */
let compiled: object | undefined

/** The scanner of `assembly/`, instantiated, with memory and tables of its own. */
export function createScanner(host: ScannerHost): Scanner {
  compiled ??= new WebAssembly.Module(Buffer.from(scannerModule, 'base64'))
  const memory = new WebAssembly.Memory({ initial: Math.ceil(ordinaryBytes / pageBytes) })
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory }, host: { ...host } })
  // The module is our own, and a test compares it with its source.
  const functions = exports as unknown as ScannerFunctions
  const layout = layoutOf(exports)
  if (layout.PARTS !== partCount) throw new Error('the scanner was built for other parts')
  writeConfiguration(memory.buffer, layout.CONFIGURATION)
  const { events, user } = writeTables(memory.buffer, layout.TABLES)
  functions.prepare(events, user)
  return { ...functions, memory, layout }
}

function layoutOf(exports: Readonly<Record<string, unknown>>): ScannerLayout {
  const globals = Object.entries(exports).flatMap(([name, value]) =>
    value instanceof WebAssembly.Global ? [[name, Number(value.value)] as const] : [],
  )
  // As above.
  return Object.fromEntries(globals) as unknown as ScannerLayout
}

/** Puts bytes where a scanner reads them. */
export function fill({ memory, layout, beginInput }: Scanner, bytes: Uint8Array): void {
  // The scan counts on zeros behind the bytes, and behind those on a bit for every byte.
  const wantedBytes = layout.INPUT + bytes.length + layout.PADDING + bytes.length / 8 + 8
  const missingBytes = wantedBytes - memory.buffer.byteLength
  if (missingBytes > 0) memory.grow(Math.ceil(missingBytes / pageBytes))
  const input = new Uint8Array(memory.buffer, layout.INPUT)
  input.set(bytes)
  input.fill(0, bytes.length, bytes.length + layout.PADDING)
  beginInput(bytes.length)
}
