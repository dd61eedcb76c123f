import { momentOf, readPhone } from './database.ts'
import { here } from './here.ts'
import { readMe } from './read.ts'
import { bondAt, type Role } from '../domain/records/member.ts'

/** Who sits in front of the page, and what the time is by the server's clock as far as this phone knows it, ms. */
export interface Who {
  memberId: string
  role: Role
  teamId: string | null
  now: number
}

export async function readWho(): Promise<Who> {
  const { database, memberId, seam } = here()
  const [phone, me] = await Promise.all([readPhone(database), readMe()])
  const now = momentOf(phone, seam.clock.now())
  const bond = me && bondAt(me, now)
  return { memberId, role: bond?.role ?? 'member', teamId: bond?.teamId ?? null, now }
}
