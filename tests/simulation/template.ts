import { join } from 'node:path'
import { sql } from 'kysely'
import { createInviteSecret } from './inviteSecret.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { enrol } from '../../sync-server/identity/enrol.ts'
import { createWorld, type TestPhone } from '../harness/world.ts'
import { makeFolder } from './ground.ts'

export interface Person {
  name: string
  standing: Standing
  cookie: string
}

/** A community with people and stairwells, made once and copied for every seed. */
export interface Template {
  file: string
  community: string
  roundId: string
  teams: string[]
  stairwells: string[]
  /** Officer, leader, members of the first team (`member2` is the second phone of `member`), one of the second, one pending. */
  people: Person[]
}

let made: Promise<Template> | undefined

export function makeTemplate(): Promise<Template> {
  return (made ??= make())
}

async function make(): Promise<Template> {
  const world = await createWorld({ seed: 4711 })
  const officer = await world.phone({ role: 'officer', name: 'officer' })
  await officer.sync()
  const teams = [world.newId(), world.newId()]
  const roundId = world.newId()
  for (const [index, teamId] of teams.entries()) {
    await officer.commit('team/save', { teamId, baseRevision: 0, name: `队${index}` })
  }
  await officer.commit('round/save', {
    roundId,
    baseRevision: 0,
    number: 1,
    name: '首轮',
    startsOn: '2026-11-01',
    state: 'open',
  })
  const stairwells: string[] = []
  for (const name of ['A梯', 'B梯', 'C梯', 'D梯']) {
    const doors = ['101', '102', '201', '202'].map((label, index) => {
      return { label, level: Math.floor(index / 2) + 1, kind: 'home' as const, column: index % 2 }
    })
    const floors = [1, 2].map((level) => ({ level, label: String(level) }))
    await officer.commit('roster/import-stairwell', { estate: '苑', building: '1栋', stairwell: name, floors, doors })
    stairwells.push(mintStairwellId(world.community, '苑', '1栋', name))
  }
  await officer.sync()
  for (const [index, stairwellId] of stairwells.slice(0, 3).entries()) {
    const teamId = index < 2 ? teams[0]! : teams[1]!
    const rest = { baseRevision: 0, memberIds: [], leaseUntil: null }
    await officer.commit('assignment/save', { stairwellId, roundId, teamId, ...rest })
  }
  await officer.sync()
  world.clock.tick(60_000)
  const leader = await world.phone({ role: 'leader', team: teams[0]!, name: 'leader' })
  const member = await world.phone({ role: 'member', team: teams[0]!, name: 'member' })
  const member2 = await world.phone({ role: 'member', member: member.standing.memberId, name: 'member2' })
  const mate = await world.phone({ role: 'member', team: teams[0]!, name: 'mate' })
  const other = await world.phone({ role: 'member', team: teams[1]!, name: 'other' })
  const invite = createInviteSecret(world.newId)
  const terms = { role: 'member' as const, teamId: teams[0]!, codeHash: null, label: '新', minutes: 600 }
  await officer.commit('invite/create', { ...terms, secretHash: invite.hash })
  await officer.sync()
  const secret = `${world.community}.${invite.secret}`
  const pending = await enrol(world.server, { secret, name: 'pending', deviceName: '测试机' })
  const named = (name: string, { standing, cookie }: Pick<TestPhone, 'standing' | 'cookie'>) => ({
    name,
    standing,
    cookie,
  })
  const file = join(makeFolder(), 'template.sqlite')
  await sql.raw(`vacuum into '${file}'`).execute(world.server.storage.db)
  const template = {
    file,
    community: world.community,
    roundId,
    teams,
    stairwells,
    people: [
      named('officer', officer),
      named('leader', leader),
      named('member', member),
      named('member2', member2),
      named('mate', mate),
      named('other', other),
      named('pending', pending),
    ],
  }
  await world.close()
  return template
}
