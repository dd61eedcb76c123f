import type { Outcome } from '../../src/domain/outcome.ts'
import { mintAssignmentId, type Assignment } from '../../src/domain/records/assignment.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { mintId } from '../../src/domain/hash.ts'
import { createWorld, type TestPhone, type World } from '../harness/world.ts'

/** A small community on a real server: two teams, one open round, two stairwells of four doors, the first handed out. */
export interface Community {
  world: World
  officer: TestPhone
  teams: [string, string]
  roundId: string
  stairwells: [string, string]
  /** Hands a stairwell to a team and tells the server. */
  assign(stairwellId: string, teamId: string | null): Promise<void>
  member(teamId: string, name?: string): Promise<TestPhone>
  leader(teamId: string): Promise<TestPhone>
  /** Records a visit. @returns the ids of the command and of its visit */
  knock(
    phone: TestPhone,
    stairwellId: string,
    label: string,
    outcome?: Outcome,
    sessionId?: string | null,
  ): Promise<{ commandId: string; visitId: string }>
}

export async function createCommunity(seed = 1): Promise<Community> {
  const world = await createWorld({ seed })
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  const teams: [string, string] = [world.newId(), world.newId()]
  const roundId = world.newId()
  for (const [index, teamId] of teams.entries()) {
    await officer.commit('team/save', { teamId, baseRevision: 0, name: `${index + 1}队` })
  }
  const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' as const }
  await officer.commit('round/save', round)
  const stairwells = ['A梯', 'B梯'].map((name) => mintStairwellId(world.community, '华兴苑', '1栋', name))
  for (const stairwell of ['A梯', 'B梯']) {
    const doors = ['101', '102', '201', '202'].map((label, index) => {
      return { label, level: Math.floor(index / 2) + 1, kind: 'home' as const, column: index % 2 }
    })
    const floors = [1, 2].map((level) => ({ level, label: String(level) }))
    await officer.commit('roster/import-stairwell', { estate: '华兴苑', building: '1栋', stairwell, floors, doors })
  }
  await officer.sync()
  const assign: Community['assign'] = async (stairwellId, teamId) => {
    const row = await officer.database.records.get(['c', 'assignment', mintAssignmentId(roundId, stairwellId)])
    const baseRevision = (row?.body as Assignment | undefined)?.revision ?? 0
    await officer.commit('assignment/save', {
      stairwellId,
      roundId,
      baseRevision,
      teamId,
      memberIds: [],
      leaseUntil: null,
    })
    await officer.sync()
    world.clock.tick(60_000)
  }
  const person = async (role: 'member' | 'leader', team: string, name: string) => {
    const phone = await world.phone({ role, team, name })
    await phone.sync()
    world.clock.tick(60_000)
    return phone
  }
  await assign(stairwells[0]!, teams[0])
  return {
    world,
    officer,
    teams,
    roundId,
    stairwells: stairwells as [string, string],
    assign,
    member: (teamId, name = '队员') => person('member', teamId, name),
    leader: (teamId) => person('leader', teamId, '队长'),
    async knock(phone, stairwellId, label, outcome = 'met', sessionId = null) {
      const level = Number(label[0])
      const saved = await phone.commit('visit/record', { stairwellId, roundId, level, label, outcome, sessionId })
      if (!saved.saved) throw new Error(`not saved: ${saved.code}`)
      world.clock.tick(1_000)
      return { commandId: saved.id, visitId: mintId(saved.id, '0') }
    },
  }
}

/** Rows of a kind on a phone, by id. */
export async function rowsOf(phone: TestPhone, kind: string): Promise<Map<string, { id: string; scope: string }>> {
  const rows = await phone.database.records.filter((row) => row.kind === kind).toArray()
  return new Map(rows.map((row) => [row.id, { ...row.body, scope: row.scope }]))
}
