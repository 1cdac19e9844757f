/** The fields of an Elasticsearch mapping and their types; of objects those below them, sub-fields with theirs. */
export function mappedFields(mapping: object, prefix = ''): Map<string, string> {
  const fields = new Map<string, string>()
  const properties = (mapping as { properties?: Record<string, MappedField> }).properties ?? {}
  for (const [key, field] of Object.entries(properties)) {
    const path = `${prefix}${key}`
    if (field.type !== undefined) fields.set(path, field.type)
    for (const [name, { type }] of Object.entries(field.fields ?? {}))
      fields.set(`${path}.${name}`, type ?? '')
    for (const [inner, type] of mappedFields(field, `${path}.`)) fields.set(inner, type)
  }
  return fields
}

interface MappedField {
  readonly type?: string
  readonly fields?: Readonly<Record<string, { readonly type?: string }>>
}
