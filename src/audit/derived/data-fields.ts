import { at, isWireObject } from '../wire.ts'
import { type DerivedField, presentValues } from './field.ts'
import { equalsOne } from './wire-fact.ts'

const resources = ['configmaps', 'secrets']
const places = ['data', 'stringData', 'binaryData']

/** What is known of the contents of Secrets and ConfigMaps, whose values are taken out. */
export const dataFields: Readonly<Record<string, DerivedField>> = {
  dataKeys: {
    type: 'text',
    isList: true,
    auditLevel: 'Request',
    meaning:
      'The names of the values of a ConfigMap or Secret that is written: all that it has, or of a patch those that it sets. Redaction leaves names.',
    wherePresent: [
      [
        equalsOne('verb', 'create', 'update', 'patch'),
        equalsOne('objectRef.resource', ...resources),
      ],
    ],
    read: (view) => {
      if (!resources.includes(view.reference('resource') ?? '') || !view.hasCoreGroup)
        return undefined
      const object = view.effectiveObject?.object
      return presentValues(
        places.flatMap((place) => {
          const values = at(object, place)
          return isWireObject(values) ? Object.keys(values) : []
        }),
      )
    },
  },
}
