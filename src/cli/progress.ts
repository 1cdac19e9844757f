import type { CliContext } from './context.ts'

const everyMs = 200

/** One line on a terminal that says how far an input is; nothing in a pipe. */
export function createProgress({ stderr, isTerminal, clock }: CliContext): {
  show(file: string, done: number, total: number | undefined): void
  clear(): void
} {
  let shownAtMs = 0
  let isShown = false
  return {
    show: (file, done, total) => {
      const nowMs = clock.nowMs()
      if (!isTerminal || nowMs - shownAtMs < everyMs) return
      shownAtMs = nowMs
      isShown = true
      const share =
        total === undefined || total === 0
          ? `${(done / 1e6).toFixed(0)} MB`
          : `${Math.floor((done / total) * 100)} %`
      stderr.write(`\r\u001b[K${file}: ${share}`)
    },
    clear: () => {
      if (isShown) stderr.write('\r\u001b[K')
      isShown = false
    },
  }
}
