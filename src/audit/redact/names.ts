/** Names longer than this are looked at by their end. */
const maxNameLength = 96

/** A word that alone makes a name that of a credential. */
const credentialWords: ReadonlySet<string> = new Set([
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pass',
  'passcode',
  'pwd',
  'secret',
  'token',
  'tokens',
  'credential',
  'credentials',
  'creds',
  'apikey',
  'apikeys',
  'apitoken',
  'accesskey',
  'secretkey',
  'privatekey',
  'authtoken',
  'authkey',
  'jwt',
  'dsn',
  'dockerconfigjson',
  'dockercfg',
])

/** What stands before `key` when that is a credential. */
const keyAdjectives: ReadonlySet<string> = new Set([
  'access',
  'account',
  'api',
  'auth',
  'client',
  'encryption',
  'hmac',
  'license',
  'master',
  'private',
  'secret',
  'shared',
  'signing',
  'ssh',
  'storage',
  'tls',
])

/**
 * A last word that makes the name of a credential the name of something about it: where it is, what it is called, how
 * long it lives.
 */
const wordsAbout: ReadonlySet<string> = new Set([
  'algorithm',
  'audience',
  'audiences',
  'class',
  'count',
  'dir',
  'directory',
  'duration',
  'enabled',
  'endpoint',
  'env',
  'expiration',
  'expires',
  'expiry',
  'field',
  'file',
  'files',
  'format',
  'host',
  'id',
  'interval',
  'issuer',
  'kind',
  'length',
  'limit',
  'location',
  'method',
  'mode',
  'mount',
  'name',
  'names',
  'namespace',
  'namespaces',
  'path',
  'paths',
  'policy',
  'prefix',
  'provider',
  'ref',
  'reference',
  'references',
  'refs',
  'required',
  'review',
  'reviews',
  'rotation',
  'seconds',
  'selector',
  'size',
  'stdin',
  'store',
  'suffix',
  'timeout',
  'ttl',
  'type',
  'uri',
  'url',
  'user',
  'username',
  'uuid',
  'uid',
  'version',
])

/** Whole names of HTTP headers that carry a credential; names that say so themselves are found without. */
const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'set-cookie',
])

/** Whole names of query parameters that carry one, though elsewhere such a name means little. */
const credentialParameters: ReadonlySet<string> = new Set([
  'assertion',
  'auth',
  'authorization',
  'bearer',
  'key',
  'pass',
  'session',
  'sessionid',
  'sid',
  'sig',
  'signature',
  'ticket',
  'x-amz-signature',
])

/** Every name that is a credential's holds one of these. */
const hint = /pass|pwd|secret|token|cred|key|jwt|dsn|dockerc/i

/** The name of a key, variable or flag whose value is a credential: `DB_PASSWORD`, `apiKey`; not `secretName`, `TOKEN_FILE`. */
export function isCredentialName(name: string): boolean {
  if (!hint.test(name)) return false
  const words = wordsOf(name)
  const last = words.at(-1)
  if (last === undefined || isPullSecret(words)) return false
  // An id of a key is public; a `secret_id` is the secret itself.
  if (last === 'id' && words.at(-2) === 'secret') return true
  return !wordsAbout.has(last) && words.some((word, i) => isCredentialWord(word, words[i - 1]))
}

/** As `isCredentialName`, for the name of a query parameter. */
export function isCredentialParameter(name: string): boolean {
  return credentialParameters.has(name.toLowerCase()) || isCredentialName(name)
}

/** As `isCredentialName`, for the name of an HTTP header. */
export function isCredentialHeader(name: string): boolean {
  return credentialHeaders.has(name.toLowerCase()) || isCredentialName(name)
}

function isCredentialWord(word: string, before: string | undefined): boolean {
  if (credentialWords.has(word)) return true
  if (word === 'key' || word === 'keys') return before !== undefined && keyAdjectives.has(before)
  return word.endsWith('password') || word.endsWith('passwd') || word.endsWith('secret')
}

/** `imagePullSecret: registry` names an object. */
function isPullSecret(words: readonly string[]): boolean {
  return words.at(-1) === 'secret' && words.at(-2) === 'pull'
}

/** `clientAPIKey`, `CLIENT_API_KEY` and `client-api-key` are client, api, key. */
function wordsOf(name: string): readonly string[] {
  return name
    .slice(-maxNameLength)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
}
