import { subjectText } from '../suggest/render-yaml.ts'
import { bindingText, scoreText } from '../usage/words.ts'
import type { RolesReport } from './report.ts'
import { rbacSubjectText } from './sections.ts'

const maxSubjects = 5
const maxAdmins = 3

/** What to look at first, a sentence each: few enough for a message. */
export function reportHighlights({
  subjects,
  clusterAdmins,
  defaultAccounts,
}: RolesReport): readonly string[] {
  return [
    ...clusterAdmins
      .slice(0, maxAdmins)
      .map(
        ({ holder, binding, activity }) =>
          `${rbacSubjectText(holder)} may do everything (${bindingText(binding)}) and did ${activity.kinds} different things.`,
      ),
    ...subjects
      .filter(({ excess }) => excess.excess > 0)
      .slice(0, maxSubjects)
      .map(({ subject, excess }) => {
        const dangers = [...new Set(excess.dangers.map(({ code }) => code))]
        const worst = dangers.length === 0 ? '' : `; unused and dangerous: ${dangers.join(', ')}`
        return `${subjectText(subject)} used ${excess.used} of ${excess.granted} permissions (excess ${scoreText(excess)}${worst}).`
      }),
    ...(defaultAccounts.length === 0
      ? []
      : [
          `${defaultAccounts.length} default service accounts have rights, which every pod has that names no account.`,
        ]),
  ]
}
