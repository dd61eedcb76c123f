import type { Bookkeeping, HostileCase } from './HostileCase.ts'
import type { HostileGround } from './HostileGround.ts'

export interface CaseResult {
  database: string
  subject: string
  name: string
  ok: boolean
  status: number
  code: string
  /** Why it failed; empty when it did not. */
  why: string
  /** The exception to "no change" that it was allowed. */
  exception: string
}

/** Puts one case to the real server, and looks at its answer and at every row of its database. */
export async function runCase(ground: HostileGround, one: HostileCase): Promise<CaseResult> {
  const told = { database: ground.kind, subject: one.subject, name: one.name }
  const none: Bookkeeping = { why: '', allows: () => false }
  try {
    await one.prepare?.(ground)
    const before = one.mayChange === true ? [] : await ground.rows()
    let heard = await one.ask(ground)
    const after = one.mayChange === true ? [] : await ground.rows()
    // A case may turn to another lane while it is prepared, so what it may move is asked for now.
    const bookkeeping = typeof one.mayChange === 'function' ? one.mayChange(ground) : none
    const wrongs: string[] = []
    if (heard.status !== one.status || heard.code !== one.code) {
      wrongs.push(`expected ${one.status} ${one.code}, heard ${heard.status} ${heard.code}`)
    }
    const moved = movedRows(before, after).filter((line) => !isAllowed(line, bookkeeping))
    if (moved.length > 0) wrongs.push(`${moved.length} rows changed: ${moved[0]!.slice(0, 200)}`)
    if (wrongs.length === 0 && one.then) heard = await one.then(ground, heard)
    if (heard.wrong !== undefined) wrongs.push(heard.wrong)
    const end = { ok: wrongs.length === 0, status: heard.status, code: heard.code }
    return { ...told, ...end, why: wrongs.join('; '), exception: bookkeeping.why }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...told, ok: false, status: 0, code: '', why, exception: '' }
  }
}

/** The lines that stand in one list and not in the other. */
export function movedRows(before: readonly string[], after: readonly string[]): string[] {
  const [left, right] = [new Set(before), new Set(after)]
  return [...before.filter((line) => !right.has(line)), ...after.filter((line) => !left.has(line))]
}

function isAllowed(line: string, bookkeeping: Bookkeeping): boolean {
  const [, table = '', body = ''] = /^(\S+) (.*)$/s.exec(line) ?? []
  // How many rows a table has follows from its rows.
  if (/^\d+$/.test(body)) return bookkeeping.why !== ''
  return bookkeeping.allows({ table, row: JSON.parse(body) as Record<string, unknown> })
}
