import * as v from 'valibot'

/** Permanent codes for what is wrong with a value that somebody sent. They are the message of every schema here. */
export type FieldCode = 'bad_field' | 'bad_text' | 'too_long' | 'bad_time' | 'unknown_field'

const FIELD_CODES: ReadonlySet<string> = new Set(['bad_text', 'too_long', 'bad_time'])

/** U+0000 breaks PostgreSQL's text and lone surrogates break every JSON store; control characters are never typed. */
// eslint-disable-next-line no-control-regex
const UNSTORABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Cs}/u

/** A text of at most `most` Unicode code points, normalised to NFC. Stored verbatim otherwise, whatever it says. */
export function text(most: number, least = 0) {
  return v.pipe(
    v.string('bad_field'),
    v.check((value) => !UNSTORABLE.test(value), 'bad_text'),
    v.transform((value) => value.normalize('NFC')),
    v.check((value) => value.length <= most || [...value].length <= most, 'too_long'),
    v.check((value) => value.trim().length >= least, 'bad_field'),
  )
}

/** An id made by a device or minted from its parts: base64url, 16 to 32 characters. */
export const id = v.pipe(v.string('bad_field'), v.regex(/^[A-Za-z0-9_-]{16,32}$/, 'bad_field'))

/** Milliseconds since 1970 UTC on somebody's clock. Any integer that a date can hold; the server clamps it. */
export const time = v.pipe(
  v.number('bad_time'),
  v.safeInteger('bad_time'),
  v.minValue(-8.64e15, 'bad_time'),
  v.maxValue(8.64e15, 'bad_time'),
)

/** A whole number between two bounds, both included. */
export function whole(least: number, most: number) {
  return v.pipe(
    v.number('bad_field'),
    v.safeInteger('bad_field'),
    v.minValue(least, 'bad_field'),
    v.maxValue(most, 'bad_field'),
  )
}

/** Floors sort by level; 3A lies between 3 and 4, so a level may be a half or a tenth. */
export const floorLevel = v.pipe(
  v.number('bad_field'),
  v.finite('bad_field'),
  v.minValue(-20, 'bad_field'),
  v.maxValue(200, 'bad_field'),
)

export const flag = v.boolean('bad_field')
export const choice = <const T extends readonly string[]>(options: T) => v.picklist(options, 'bad_field')
export const list = <T extends v.GenericSchema>(item: T, most: number) =>
  v.pipe(v.array(item, 'bad_field'), v.maxLength(most, 'bad_field'))
/** An object with exactly these fields: a field that the version does not know is refused, never dropped in silence. */
export const fields = <T extends v.ObjectEntries>(entries: T) => v.strictObject(entries, 'bad_field')

export type Checked<T> = { ok: true; value: T } | { ok: false; code: FieldCode }

/** Checks a value from outside against a schema and answers with the first permanent code that applies. */
export function check<T extends v.GenericSchema>(schema: T, value: unknown): Checked<v.InferOutput<T>> {
  if (hasForbiddenKey(value)) return { ok: false, code: 'unknown_field' }
  const result = v.safeParse(schema, value)
  if (result.success) return { ok: true, value: result.output }
  const unknown = result.issues.find((issue) => issue.type === 'strict_object' && issue.expected === 'never')
  if (unknown) return { ok: false, code: 'unknown_field' }
  const coded = result.issues.find((issue) => FIELD_CODES.has(issue.message))
  return { ok: false, code: (coded?.message as FieldCode | undefined) ?? 'bad_field' }
}

/** `__proto__` counts as present in every object, so a strict schema alone would let it through. */
function hasForbiddenKey(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  if (Array.isArray(value)) return value.some(hasForbiddenKey)
  return Object.entries(value).some(([key, item]) => key === '__proto__' || hasForbiddenKey(item))
}
