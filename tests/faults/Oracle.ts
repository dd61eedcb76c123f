import { applyToFacade, emptyFacade, facadeKey, type Facade } from '../../src/domain/coverage/facade.ts'
import { canonicalJson, mintId } from '../../src/domain/hash.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import type { Answer } from '../../src/protocol/sync.ts'
import type { Rows } from './Rows.ts'

/** What was found in a database when everything that was said had to be in it. */
export interface Found {
  /** Ids that were acknowledged, and looked for. */
  acknowledged: number
  lost: string[]
  doubled: string[]
}

/**
 * Remembers every id that a phone was told is saved or acknowledged, and looks for each in a database: it must be there
 * exactly once, with the answer that was given and with its effect, and every derived figure must equal the one that is
 * worked out anew.
 */
export class Oracle {
  readonly saved = new Set<string>()
  readonly acknowledged = new Map<string, Answer>()
  readonly #contradictions: string[] = []
  /** Ids that were answered as taken in just now; that can be said once. */
  readonly #news = new Set<string>()
  /** Answers that came a second time, because the first one was lost on its way. */
  again = 0
  /** How many acknowledged ids were looked for, over all looks. */
  lookedFor = 0

  /** A phone said 已保存. */
  keep(id: string): void {
    this.saved.add(id)
  }

  /** A phone was given these answers. */
  hear(answers: readonly Answer[]): void {
    for (const answer of answers) {
      const { again, ...plain } = answer
      const known = this.acknowledged.get(answer.id)
      if (again) this.again++
      else if (this.#news.has(answer.id)) this.#contradictions.push(`${answer.id} was taken in as new twice`)
      else this.#news.add(answer.id)
      if (known && canonicalJson(known) !== canonicalJson(plain)) {
        this.#contradictions.push(`${answer.id} was answered ${canonicalJson(known)}, then ${canonicalJson(plain)}`)
      }
      this.acknowledged.set(answer.id, plain)
    }
  }

  /** Looks for everything that was acknowledged before `among` was cut off; all of it unless told. */
  find(rows: Rows, among: ReadonlyMap<string, Answer> = this.acknowledged): Found {
    const found: Found = { acknowledged: among.size, lost: [], doubled: [...this.#contradictions] }
    this.lookedFor += among.size
    const commands = new Map<string, Answer>()
    for (const { id, answer } of rows.commands) {
      if (commands.has(id)) found.doubled.push(`${id} is stored twice`)
      commands.set(id, answer)
    }
    const visits = new Map(rows.visits.map((visit) => [visit.id, visit]))
    const clocks = new Map(rows.clocks)
    for (const [id, answer] of among) {
      const stored = commands.get(id)
      if (!stored) found.lost.push(id)
      else if (canonicalJson(stored) !== canonicalJson(answer)) found.doubled.push(`${id} has another answer now`)
    }
    let applied = 0
    for (const { id, verb, answer } of rows.commands) {
      if (verb !== 'visit/record' || answer.result !== 'applied') continue
      applied++
      const visitId = mintId(id, '0')
      if (!visits.has(visitId)) found.lost.push(`${id}: its visit`)
      // A visit that was written a second time has a later clock than the answer says.
      else if ((clocks.get(visitId) ?? 0) > answer.clock) found.doubled.push(`${id}: its visit was written again`)
    }
    if (visits.size !== applied) found.doubled.push(`${visits.size} visits of ${applied} commands`)
    return found
  }

  /** The same, and everything that was ever saved must have arrived; derived figures must equal recomputation. */
  findAll(rows: Rows): Found {
    const found = this.find(rows)
    const arrived = new Set(rows.commands.map(({ id }) => id))
    for (const id of this.saved) if (!arrived.has(id)) found.lost.push(`${id}, saved and never sent`)
    found.doubled.push(...derivedFaults(rows))
    return found
  }
}

/** Façades and evenings that differ from what their visits say. */
export function derivedFaults({ visits, facades, tallies }: Rows): string[] {
  const redrawn = new Map<string, Facade>()
  const counted = new Map<string, Set<string>>()
  for (const visit of visits) {
    const key = facadeKey(visit.stairwellId, visit.roundId)
    const facade = redrawn.get(key) ?? emptyFacade(visit.stairwellId, visit.roundId)
    applyToFacade(facade, { kind: 'visit', before: null, after: visit })
    redrawn.set(key, facade)
    if (visit.sessionId !== null) {
      const marks = counted.get(visit.sessionId) ?? new Set()
      counted.set(visit.sessionId, marks.add(visit.id))
    }
  }
  const faults: string[] = []
  const stored = new Map(facades)
  for (const [key, facade] of redrawn) {
    const known = stored.get(key)
    if (!known || canonicalJson(known.doors) !== canonicalJson(facade.doors))
      faults.push(`façade ${key} is not its visits`)
  }
  for (const [sessionId, marks] of counted) {
    const tally = tallies.find((entry: SessionTally) => entry.sessionId === sessionId)
    const named = Object.keys(tally?.visits ?? {}).sort()
    if (canonicalJson(named) !== canonicalJson([...marks].sort())) faults.push(`evening ${sessionId} is not its visits`)
  }
  return faults
}

/** One sentence, or a throw that names the first few. */
export function mustBeWhole(found: Found, when: string): void {
  const { lost, doubled } = found
  if (lost.length === 0 && doubled.length === 0) return
  const some = [...lost.map((id) => `lost ${id}`), ...doubled].slice(0, 4).join('; ')
  throw new Error(`${when}: ${lost.length} lost, ${doubled.length} doubled of ${found.acknowledged}: ${some}`)
}
