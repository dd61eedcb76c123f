import { readAll, readCommunity, readScope } from '../../db/read.ts'
import { compareNames } from '../../domain/coverage/comparePlaces.ts'
import { communityScope } from '../../domain/record.ts'
import type { Device } from '../../domain/records/device.ts'
import type { DeviceReport } from '../../domain/records/deviceReport.ts'
import type { Invite } from '../../domain/records/invite.ts'
import type { Team } from '../../domain/records/team.ts'
import { readWho, type Who } from './readWho.ts'

export interface NamedDevice {
  device: Device
  /** The name its person chose to be called by. */
  name: string
  unsent: number
}

export interface InviteState extends Who {
  communityName: string
  teams: Team[]
  /** Newest first. */
  invites: Invite[]
  pending: NamedDevice[]
  active: NamedDevice[]
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
  const unsent = new Map(reports.map((report: DeviceReport) => [report.id, report.unsent]))
  const named = (state: Device['state']) =>
    devices
      .filter((device) => device.state === state)
      .map((device) => ({ device, name: names.get(device.memberId) ?? '', unsent: unsent.get(device.id) ?? 0 }))
      .sort((left, right) => compareNames(left.name, right.name) || left.device.enrolledAt - right.device.enrolledAt)
  return {
    ...who,
    communityName: community?.name ?? '',
    teams: teams.sort((left, right) => compareNames(left.name, right.name)),
    invites: invites.sort((left, right) => right.expiresAt - left.expiresAt || (left.id < right.id ? -1 : 1)),
    pending: named('pending'),
    active: named('active'),
  }
}
