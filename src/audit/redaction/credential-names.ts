const words =
  /passw(?:or)?d$|passphrase$|passcode$|(?:^|[-_.])pass$|Pass$|^pw$|pwd$|secret$|token$|api[-_.]?key$|access[-_.]?key$|private[-_.]?key$|secret[-_.]?key$|signing[-_.]?key$|encryption[-_.]?key$|auth[-_.]?key$|credentials?$|client[-_.]?secret$|bearer$|^authorization$|^cookie$|^set-cookie$|^jwt$|^id_token$|^sig(?:nature)?$/i
const wordsInside =
  /password|passwd|passphrase|secret|token|api[-_.]?key|access[-_.]?key|private[-_.]?key|credential|auth[-_.]?key/i
/** Names of things that hold credentials, counts of them and settings about them: references, not credentials. */
const references =
  /(?:ref|refs|name|names|namespace|path|file|dir|mount|type|kind|version|policy|ttl|seconds|expir\w*|enabled|required|url|uri|endpoint|issuer|audiences?|id|count|size|length|mode|algorithm|provider|store|class|key_?id)$/i

/** Whether a member of an object, a flag or a query parameter of this name holds a credential. */
export function isCredentialName(name: string): boolean {
  return name.length <= 200 && words.test(name) && !references.test(name)
}

/** The same for environment variables, whose names are longer: `STRIPE_API_TOKEN_LIVE`. */
export function isCredentialVariable(name: string): boolean {
  return name.length <= 200 && wordsInside.test(name) && !references.test(name)
}
