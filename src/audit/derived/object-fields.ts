import { compilePath } from '../path.ts'
import { at } from '../wire.ts'
import type { ObjectSource } from './effective-object.ts'
import { type DerivedField, type FieldValue, presentText } from './field.ts'
import { equalsOne } from './wire-fact.ts'

const isWrite = [[equalsOne('verb', 'create', 'update', 'patch')]]

const sources: readonly (FieldValue & { readonly value: ObjectSource })[] = [
  {
    value: 'response',
    meaning: 'what is stored, defaults and the work of admission in it: level RequestResponse',
    facts: isWrite,
  },
  { value: 'request', meaning: 'what was sent: level Request, or a refusal', facts: isWrite },
  {
    value: 'patch',
    meaning:
      'the parts that a patch brings: a merge patch or an apply as it is, of a JSON patch what it adds and replaces',
    facts: [[equalsOne('verb', 'patch')]],
  },
]

/** What a write makes of its object. */
export const objectFields: Readonly<Record<string, DerivedField>> = {
  effectiveObjectSource: {
    type: 'text',
    auditLevel: 'Request',
    meaning: 'What effectiveObject is read from.',
    values: sources,
    read: ({ effectiveObject }) => presentText(effectiveObject?.source),
  },
  'effectiveObject.': {
    type: 'any',
    isList: true,
    auditLevel: 'Request',
    meaning:
      'A path in the object as a create, update or patch makes it: of the response, else of the request, else of the parts that a patch brings. What was refused too: see `outcome`.',
    wherePresent: isWrite,
    bind: (path) => {
      const read = compilePath(path)
      return ({ effectiveObject }) => read(effectiveObject?.object)
    },
  },
  objectName: {
    type: 'text',
    meaning:
      'The name of the object; where the server makes it up, which objectRef does not show, that of the response (level RequestResponse).',
    read: (view) => {
      const made = at(at(view.effectiveObject?.object, 'metadata'), 'name')
      return presentText(view.reference('name') || (typeof made === 'string' ? made : ''))
    },
  },
}
