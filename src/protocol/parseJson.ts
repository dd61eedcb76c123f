import type { ProblemCode } from './problem.ts'

export type ParsedJson = { ok: true; value: unknown } | { ok: false; code: ProblemCode }

/**
 * Parses a request body strictly. The text is scanned before it is parsed: nesting deeper than `most` and keys that
 * appear twice in one object are refused, because parsers differ in which of two equal keys they take.
 *
 * @param text the decoded body; a byte order mark is not JSON
 * @param most the deepest nesting allowed; the body itself is depth 1
 */
export function parseJson(text: string, most: number): ParsedJson {
  const fault = scan(text, most)
  if (fault) return { ok: false, code: fault }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false, code: 'bad_json' }
  }
}

/** One pass over the text with a stack of key sets; JSON.parse judges everything else. */
function scan(text: string, most: number): ProblemCode | null {
  const stack: (Set<string> | null)[] = []
  let duplicate = false
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index)
    if (char === 0x22) {
      const end = endOfString(text, index)
      if (end < 0) return 'bad_json'
      const keys = stack[stack.length - 1]
      if (keys && isKey(text, end + 1)) {
        const key = keyName(text.slice(index, end + 1))
        if (key === null) return 'bad_json'
        if (keys.has(key)) duplicate = true
        keys.add(key)
      }
      index = end
    } else if (char === 0x7b || char === 0x5b) {
      stack.push(char === 0x7b ? new Set() : null)
      if (stack.length > most) return 'too_deep'
    } else if (char === 0x7d || char === 0x5d) {
      stack.pop()
    }
  }
  return duplicate ? 'duplicate_key' : null
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const char = text.charCodeAt(index)
    if (char === 0x5c) index++
    else if (char === 0x22) return index
  }
  return -1
}

function isKey(text: string, after: number): boolean {
  let index = after
  while (index < text.length && ' \t\n\r'.includes(text[index]!)) index++
  return text[index] === ':'
}

function keyName(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return null
  }
}
