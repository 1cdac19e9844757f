/** As much of WebAssembly as is used here; the types of Node have none of it. */
interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
interface WasmGlobal {
  readonly value: unknown
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (options: { readonly initial: number }) => WasmMemory
  readonly Global: new (options: never) => WasmGlobal
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, object>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> }
}
