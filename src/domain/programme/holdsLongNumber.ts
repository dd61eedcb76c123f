/**
 * Whether a text holds so long a number that it looks like somebody's telephone or identity card, however it is typed:
 * seven digits, between which there may be spaces, or eleven with dashes, which no date has.
 */
export function holdsLongNumber(text: string): boolean {
  const plain = text.normalize('NFKC')
  return /\d(?:\s*\d){6}/.test(plain) || /\d(?:[\s\-–.]*\d){10}/.test(plain)
}
