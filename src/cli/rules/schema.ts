import { Argument, type Command } from 'commander'
import { editorSchema, editorSchemaKinds } from '../../detect/editor-schema.ts'
import { type CliContext, type ExitCode, exitCodes, write } from '../context.ts'

/** `kubewitness rules schema`: what an editor needs to complete and check rule files and test files. */
export function schemaCommand(
  rules: Command,
  context: CliContext,
  finish: (code: ExitCode) => void,
): void {
  rules
    .command('schema')
    .description('print the JSON Schema of rule files or test files, for editors')
    .addArgument(new Argument('[kind]', 'which files').choices(editorSchemaKinds).default('rule'))
    .action(async (kind: string) => {
      await write(context.stdout, `${JSON.stringify(editorSchema(kind), undefined, 2)}\n`)
      finish(exitCodes.done)
    })
}
