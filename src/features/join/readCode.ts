/**
 * What somebody typed or pasted as a code: a short code in any case and width, or a whole link, of which only the secret
 * behind `#` counts.
 */
export function readCode(typed: string): string {
  const plain = typed.normalize('NFKC').replace(/\s/g, '')
  const fromLink = plain.includes('#') ? plain.slice(plain.indexOf('#') + 1) : plain
  // A link's secret tells capitals from small letters, a code read aloud does not.
  return fromLink.includes('.') ? fromLink : fromLink.toUpperCase().replace(/[–—_]/g, '-')
}
