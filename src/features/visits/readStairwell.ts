import { readCurrentRound, readScope } from '../../db/read.ts'
import { here } from '../../db/here.ts'
import type { Body } from '../../domain/kinds.ts'
import { communityScope } from '../../domain/record.ts'

/** The round that is knocked in now, and the one before it. */
export interface Rounds {
  current: Body<'round'> | null
  previous: Body<'round'> | null
}

export async function readRounds(): Promise<Rounds> {
  const current = (await readCurrentRound()) ?? null
  const earlier = (await readScope('round', communityScope)).filter((round) => current && round.number < current.number)
  return { current, previous: earlier.sort((left, right) => right.number - left.number)[0] ?? null }
}

/** How many phones of others last said that they hold something unsent. */
export async function countUnsentPhones(): Promise<number> {
  const reports = await readScope('deviceReport', communityScope)
  return reports.filter((report) => report.unsent > 0 && report.id !== here().deviceId).length
}
