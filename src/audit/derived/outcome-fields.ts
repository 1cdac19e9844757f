import { type DerivedField, presentText } from './field.ts'
import { outcomeOf, outcomes } from './outcome.ts'

/** What came of it. */
export const outcomeFields: Readonly<Record<string, DerivedField>> = {
  outcome: {
    type: 'text',
    meaning: 'What came of the request; absent at stage RequestReceived.',
    values: outcomes,
    read: (view) => presentText(outcomeOf(view)),
  },
}
