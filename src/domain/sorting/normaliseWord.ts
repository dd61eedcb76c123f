/** A query is cut to this many characters: the longest word has 12, a spoken question under 40. */
export const longestQuery = 64

/** Compatibility forms may unfold into many characters, so the raw text is cut before it is unfolded. */
const longestRawQuery = 200

const isHan = (code: number) => code >= 0x3400 && code <= 0x9fff
const isLetterOrDigit = (code: number) => (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)

/** True where the text holds at least one Chinese character. */
export function hasHan(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (isHan(text.charCodeAt(at))) return true
  return false
}

/** The letter under a tone mark: `ǔ` is u; `ü` with or without a tone is v, as keyboards have it. */
function bareLetter(character: string): string {
  const unfolded = character.normalize('NFD')
  return unfolded.startsWith('u') && unfolded.includes('\u0308') ? 'v' : unfolded.charAt(0)
}

/** What `normaliseWord` knows of characters: traditional → simplified, and pairs of a word and the one used instead. */
export interface Spelling {
  readonly simplified: ReadonlyMap<string, string>
  readonly synonyms: readonly (readonly [string, string])[]
}

/**
 * What a person typed, in the one form that the look-up compares: simplified characters, lower-case letters without
 * tones, digits; nothing else. Never throws, at most `longestQuery` characters.
 */
export function normaliseWord(text: string, { simplified, synonyms }: Spelling): string {
  let clean = ''
  for (const character of text.slice(0, longestRawQuery).normalize('NFKC').toLowerCase()) {
    const toned = character > '\u00bf' && character < '\u0250'
    const plain = toned ? bareLetter(character) : (simplified.get(character) ?? character)
    const code = plain.charCodeAt(0)
    if (plain.length === 1 && (isHan(code) || isLetterOrDigit(code))) clean += plain
    if (clean.length >= longestQuery) break
  }
  for (const [word, instead] of synonyms) if (clean.includes(word)) clean = clean.split(word).join(instead)
  return clean
}
