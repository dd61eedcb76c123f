import type { Facade } from '../domain/coverage/facade.ts'
import type { Body, KindName } from '../domain/kinds.ts'
import { communityScope, memberScope, type Scope } from '../domain/record.ts'
import { here } from './here.ts'

/** One record as this phone shows it; `undefined` when it is not here. */
export async function readOne<K extends KindName>(kind: K, id: string): Promise<Body<K> | undefined> {
  const row = await here().database.records.where('[kind+id]').equals([kind, id]).first()
  return row?.body as Body<K> | undefined
}

/** All records of a kind on this phone, by id. */
export async function readAll<K extends KindName>(kind: K): Promise<Body<K>[]> {
  const rows = await here().database.records.where('[kind+id]').between([kind, ''], [kind, '\uffff']).toArray()
  return rows.map((row) => row.body as Body<K>)
}

/** All records of a kind in one scope, by id: one range of the primary key. */
export async function readScope<K extends KindName>(kind: K, scope: Scope): Promise<Body<K>[]> {
  const { records } = here().database
  const rows = await records.where('[scope+kind+id]').between([scope, kind, ''], [scope, kind, '\uffff']).toArray()
  return rows.map((row) => row.body as Body<K>)
}

/** The façade row of one stairwell in one round. */
export async function readFacade(stairwellId: string, roundId: string): Promise<Facade | undefined> {
  return here().database.facades.get([stairwellId, roundId])
}

/** The façade rows of every stairwell in one round. */
export async function readFacades(roundId: string): Promise<Facade[]> {
  return (await here().database.facades.toArray()).filter((facade) => facade.roundId === roundId)
}

/** The open round with the highest number: the one that people knock in now. */
export async function readCurrentRound(): Promise<Body<'round'> | undefined> {
  const open = (await readScope('round', communityScope)).filter((round) => round.state === 'open')
  return open.sort((left, right) => right.number - left.number)[0]
}

/** This member's own record, with the bonds that say role and team. */
export async function readMe(): Promise<Body<'member'> | undefined> {
  return readOne('member', here().memberId)
}

/** This member's evening, while one is under way. */
export async function readOpenSession(): Promise<Body<'session'> | undefined> {
  const sessions = await readScope('session', memberScope(here().memberId))
  return sessions.filter((session) => session.endedAt === null).sort((a, b) => b.startedAt - a.startedAt)[0]
}

/** The community and its settings. */
export async function readCommunity(): Promise<Body<'community'> | undefined> {
  return readOne('community', here().communityId)
}

/** Assignments of one round, by stairwell. */
export async function readAssignments(roundId: string): Promise<Map<string, Body<'assignment'>>> {
  const rows = await readScope('assignment', communityScope)
  return new Map(rows.filter((row) => row.roundId === roundId).map((row) => [row.stairwellId, row]))
}
