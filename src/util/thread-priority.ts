import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Has this thread stand back where processors are short: of a busy one it gets a tenth of what others do. On Linux, where
 * a thread has a priority of its own (setpriority(2), "C library/kernel differences"); elsewhere nothing changes.
 */
export function standBack(): void {
  try {
    // `PID/task/TID`, of the thread that reads it.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (thread > 0) setPriority(thread, 10)
  } catch {
    // No such file, or not allowed: it runs all the same.
  }
}
