import * as v from 'valibot'
import { KINDS, type KindName } from './kinds.ts'

/** A value of another shape altogether. A word or a field that a newer version has learnt is none of these. */
const BASIC: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'array', 'object', 'record'])

/**
 * Whether a stored row can be what its kind says, as far as screens rely on it. It is milder than the schema on purpose: a
 * newer server may know fields and words that this version does not.
 */
export function looksLikeKind(kind: string, id: string, body: unknown): boolean {
  if (typeof body !== 'object' || body === null || (body as { id?: unknown }).id !== id) return false
  // A kind that this version does not know is shown by nothing.
  if (!Object.hasOwn(KINDS, kind)) return true
  const result = v.safeParse(KINDS[kind as KindName].schema as v.GenericSchema, body)
  const isMissing = (issue: v.BaseIssue<unknown>) => issue.type === 'strict_object' && issue.expected !== 'never'
  return result.success || !result.issues.some((issue) => BASIC.has(issue.type) || isMissing(issue))
}
