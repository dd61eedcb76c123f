/** No floor has more doors than this; a wider range is a misreading and is asked about. */
const MOST_DOORS = 60

const ENDS = /^(.*?)(\d+)([A-Z]?)(号铺位|号商铺|号铺|号店|商铺|铺位|铺|店|档|号房|号|室|房|户)?$/u

interface End {
  head: string
  digits: string
  letter: string
  tail: string
}

function endOf(text: string): End | undefined {
  const found = ENDS.exec(text)
  return found
    ? { head: found[1] ?? '', digits: found[2] ?? '', letter: found[3] ?? '', tail: found[4] ?? '' }
    : undefined
}

const ONE_LETTER = /^(\d*|.*\D)([A-Z])$/u

/** A-D and 101A-101D. */
function letterRange(from: string, to: string): string[] | undefined {
  const first = ONE_LETTER.exec(from)
  const last = ONE_LETTER.exec(to)
  if (!first || !last) return undefined
  if (last[1] !== '' && last[1] !== first[1]) return undefined
  const start = (first[2] ?? '').charCodeAt(0)
  const end = (last[2] ?? '').charCodeAt(0)
  if (end <= start) return undefined
  return Array.from({ length: end - start + 1 }, (_, step) => `${first[1]}${String.fromCharCode(start + step)}`)
}

/**
 * The labels from one end of a range to the other: 501-504, 3A01-3A03, 701-02, 01-06铺, 101A-101D, 天台01-03.
 * Undefined where the two ends do not belong together: another floor, another prefix, descending, too wide.
 */
export function expandRange(from: string, to: string): string[] | undefined {
  const letters = letterRange(from, to)
  if (letters) return letters
  const first = endOf(from)
  const last = endOf(to)
  if (!first || !last || first.letter !== last.letter) return undefined
  if (last.head !== '' && last.head !== first.head) return undefined
  if (first.tail !== '' && last.tail !== '' && first.tail !== last.tail) return undefined
  const width = first.digits.length
  if (last.digits.length > width && width > 2) return undefined
  if (last.digits.length > 2 && width <= 2) return undefined
  const cut = last.digits.length < width ? first.digits.slice(0, width - last.digits.length) : ''
  const start = Number(first.digits)
  const end = Number(cut + last.digits)
  const sameFloor = width < 3 || Math.floor(start / 100) === Math.floor(end / 100)
  if (!sameFloor || end <= start || end - start >= MOST_DOORS) return undefined
  const tail = first.tail || last.tail
  return Array.from({ length: end - start + 1 }, (_, step) => {
    const digits = String(start + step)
    const padded = first.digits.startsWith('0') || width >= 3 ? digits.padStart(width, '0') : digits
    return `${first.head}${padded}${first.letter}${tail}`
  })
}
