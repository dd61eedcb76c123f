import { readAll, readCommunity, readScope } from '../../db/read.ts'
import { compareNames } from '../../domain/coverage/comparePlaces.ts'
import { communityScope } from '../../domain/record.ts'
import type { Device } from '../../domain/records/device.ts'
import type { DeviceReport } from '../../domain/records/deviceReport.ts'
import type { Invite } from '../../domain/records/invite.ts'
import { bondAt, type Bond, type Member } from '../../domain/records/member.ts'
import type { Team } from '../../domain/records/team.ts'
import { readWho, type Who } from '../../db/readWho.ts'

export interface NamedDevice {
  device: Device
  /** The name its person chose to be called by. */
  name: string
  unsent: number
  /** Somebody who was here before: another phone of the same person. */
  isKnown: boolean
}

/** Somebody who may be given another phone. */
export interface BondedMember {
  member: Member
  bond: Bond
}

export interface InviteState extends Who {
  communityName: string
  teams: Team[]
  /** Newest first. */
  invites: Invite[]
  pending: NamedDevice[]
  /** In use, and those among them that only send what they have. */
  active: NamedDevice[]
  /** Who may be given another phone by this person, by name. */
  people: BondedMember[]
  nameOf(memberId: string): string
}

/** Invitations and phones that this person may see: an officer all of them, a leader those of the own team. */
export async function readInvites(): Promise<InviteState> {
  const who = await readWho()
  const [community, teams, invites, devices, members, reports] = await Promise.all([
    readCommunity(),
    readScope('team', communityScope),
    readAll('invite'),
    readAll('device'),
    readScope('member', communityScope),
    readScope('deviceReport', communityScope),
  ])
  const names = new Map(members.map((member) => [member.id, member.name]))
  const known = new Set(members.filter((member) => member.bonds.length > 0).map((member) => member.id))
  const nameOf = (memberId: string) => names.get(memberId) ?? ''
  const unsent = new Map(reports.map((report: DeviceReport) => [report.id, report.unsent]))
  const named = (...states: Device['state'][]) =>
    devices
      .filter((device) => states.includes(device.state))
      .map((device) => {
        const { id, memberId } = device
        return { device, name: nameOf(memberId), unsent: unsent.get(id) ?? 0, isKnown: known.has(memberId) }
      })
      .sort((left, right) => compareNames(left.name, right.name) || left.device.enrolledAt - right.device.enrolledAt)
  return {
    ...who,
    communityName: community?.name ?? '',
    teams: teams.sort((left, right) => compareNames(left.name, right.name)),
    invites: invites.sort((left, right) => right.expiresAt - left.expiresAt || (left.id < right.id ? -1 : 1)),
    pending: named('pending'),
    active: named('active', 'draining'),
    people: givablePhones(who, members),
    nameOf,
  }
}

/** An officer gives anybody another phone, a leader the own team's people. */
function givablePhones({ role, teamId, now }: Who, members: readonly Member[]): BondedMember[] {
  return members
    .flatMap((member) => {
      const bond = bondAt(member, now)
      return bond ? [{ member, bond }] : []
    })
    .filter(({ bond }) => role === 'officer' || (bond.role !== 'officer' && bond.teamId === teamId))
    .sort((left, right) => compareNames(left.member.name, right.member.name))
}
