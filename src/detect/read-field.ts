import type { FieldExpr, FieldReader } from '../contracts.ts'

/** What a leaf reads. */
export type FieldName = Pick<FieldExpr, 'path' | 'paths'>

/** The values that a leaf asks for: those of its path, or of all the paths that its name stands for, together. */
export function readField(
  reader: FieldReader,
  { path, paths }: FieldName,
): readonly unknown[] | undefined {
  if (paths === undefined) return reader.read(path)
  let all: unknown[] | undefined
  for (const one of paths) {
    const values = reader.read(one)
    if (values !== undefined) all = [...(all ?? []), ...values]
  }
  return all
}
