/** The encodings a ledger comes in; both Node and browsers decode all four. */
export type LedgerEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030'

/** Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF, nothing cut off. */
function isUtf8(bytes: Uint8Array): boolean {
  let index = 0
  while (index < bytes.length) {
    const first = bytes[index++] ?? 0
    if (first < 0x80) continue
    const more =
      first >= 0xc2 && first <= 0xdf ? 1 : first >= 0xe0 && first <= 0xef ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0
    if (more === 0) return false
    for (let step = 0; step < more; step++) {
      const next = bytes[index++]
      if (next === undefined || (next & 0xc0) !== 0x80) return false
      if (step > 0) continue
      if ((first === 0xe0 && next < 0xa0) || (first === 0xed && next > 0x9f)) return false
      if ((first === 0xf0 && next < 0x90) || (first === 0xf4 && next > 0x8f)) return false
    }
  }
  return true
}

/** UTF-16 without a mark: half of an ASCII text's bytes are zero, all on one side. */
function zeroSide(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, 4096)
  const zeros = [0, 0]
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (odd > sample.length / 20 && even === 0) return 'utf-16le'
  return even > sample.length / 20 && odd === 0 ? 'utf-16be' : undefined
}

/**
 * Tells a text file's encoding from its bytes: a byte order mark, else strict UTF-8, else GB18030 (of which GBK and
 * GB2312 are parts). Undefined for a file with zero bytes, which is no text.
 */
export function detectEncoding(bytes: Uint8Array): LedgerEncoding | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  if (bytes.includes(0)) return zeroSide(bytes)
  return isUtf8(bytes) ? 'utf-8' : 'gb18030'
}
