/**
 * A value that must not be shown. Printing, joining, serialising or inspecting it gives `<redacted>`;
 * only `reveal` gives the text, at the last step before it is used.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '<redacted>'
  }

  toJSON(): string {
    return '<redacted>'
  }

  /** What `node:util` inspect shows; by symbol name, so that this file needs no module. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '<redacted>'
  }
}

/** Where configuration says that a secret is: in a file, or in an environment variable. */
export type SecretReference = { readonly file: string } | { readonly env: string }

/** The reference that a pair of options `…File` and `…Env` makes; undefined when neither is set. */
export function secretReference(
  file: string | undefined,
  env: string | undefined,
): SecretReference | undefined {
  if (file !== undefined) return { file }
  return env === undefined ? undefined : { env }
}

/** Reads it, without the newline at its end. Rejects with `config.secret` when it is not there or empty. */
export type ReadSecret = (reference: SecretReference) => Promise<Secret>
