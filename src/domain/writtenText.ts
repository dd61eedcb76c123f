import type { WrittenText } from './erasures.ts'
import { check } from './fields.ts'
import { commandOf, isVerb } from './verbs.ts'

/** The erasable text that a command writes (SYNC-14); `null` when it writes none, or its arguments are none. */
export function writtenTextOf({ verb, args }: { verb: string; args: unknown }): WrittenText | null {
  if (!isVerb(verb)) return null
  const rule = commandOf(verb)
  if (!rule.writesText) return null
  const checked = check(rule.args, args)
  return checked.ok ? rule.writesText(checked.value) : null
}
