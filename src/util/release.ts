/**
 * Gives the memory of large bytes back at once, where waiting for the garbage collector would let it grow by hundreds
 * of megabytes a second and make the collector run for nothing else. The bytes are empty afterwards: only whoever owns
 * them alone may release them. Small ones, which share memory with others, are left alone.
 */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < 64 * 1024 || buffer.detached) return
  buffer.transfer(0)
}
