import type { Verdict } from '../support/oracle.ts'
import type { WindowsVerdict } from './windows.ts'

/** What a run says of which nothing was lost, doubled, missing or invented. */
export const nothingWrong = {
  verdict: {
    lost: [],
    doubled: [],
    unknown: [],
    alertsMissing: [],
    alertsDoubled: [],
    alertsSplit: [],
  } satisfies Partial<Verdict>,
  windows: { missing: [], invented: [] } satisfies Partial<WindowsVerdict>,
}
