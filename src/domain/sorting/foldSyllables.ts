/**
 * Pinyin without the differences that many in Guangzhou neither hear nor type: zh/z, ch/c, sh/s, l/n, and g after n at
 * the end of a syllable. Two spellings that fold alike are taken for one another.
 */
export function foldSyllables(spoken: string): string {
  let text = ''
  for (let at = 0; at < spoken.length; at += 1) {
    const letter = spoken.charAt(at)
    const before = spoken.charAt(at - 1)
    if (letter === 'h' && (before === 'z' || before === 'c' || before === 's')) continue
    const next = spoken.charAt(at + 1)
    const opensSyllable = next !== '' && 'aeiou'.includes(next)
    if (letter === 'g' && before === 'n' && !opensSyllable) continue
    text += letter === 'l' ? 'n' : letter
  }
  return text
}
