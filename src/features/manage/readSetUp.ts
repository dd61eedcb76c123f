import { readAll, readAssignments, readCurrentRound, readScope } from '../../db/read.ts'
import { communityScope } from '../../domain/record.ts'
import { grantAt } from '../../domain/records/assignment.ts'
import { bondAt } from '../../domain/records/member.ts'
import type { Round } from '../../domain/records/round.ts'
import { readWho, type Who } from '../../db/readWho.ts'

/** How far a community has come with its five steps, and what waits for somebody. */
export interface SetUp extends Who {
  stairwells: number
  doors: number
  teams: number
  round: Round | null
  handedOut: number
  /** People with a bond, this one apart. */
  members: number
  openInvites: number
  pendingPhones: number
  waitingHolds: number
}

export async function readSetUp(): Promise<SetUp> {
  const who = await readWho()
  const { now, memberId } = who
  const round = (await readCurrentRound()) ?? null
  const [stairwells, teams, members, invites, devices, holds, assignments] = await Promise.all([
    readAll('stairwell'),
    readScope('team', communityScope),
    readScope('member', communityScope),
    readAll('invite'),
    readAll('device'),
    readAll('hold'),
    round ? readAssignments(round.id) : new Map<string, never>(),
  ])
  const handedOut = stairwells.filter(({ id }) => {
    const assignment = assignments.get(id)
    return assignment !== undefined && grantAt(assignment, now) !== undefined
  })
  return {
    ...who,
    stairwells: stairwells.length,
    doors: stairwells.reduce((sum, { doors }) => sum + doors.filter((door) => door.state !== 'retired').length, 0),
    teams: teams.length,
    round,
    handedOut: handedOut.length,
    members: members.filter((member) => member.id !== memberId && bondAt(member, now)).length,
    openInvites: invites.filter((invite) => invite.state === 'open' && invite.expiresAt > now).length,
    pendingPhones: devices.filter((device) => device.state === 'pending').length,
    waitingHolds: holds.filter((hold) => hold.state === 'waiting').length,
  }
}
