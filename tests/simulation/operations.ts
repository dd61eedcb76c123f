import type { Seam } from '../../src/db/seam.ts'
import { mintId } from '../../src/domain/hash.ts'
import { OUTCOMES } from '../../src/domain/outcome.ts'
import { mintAssignmentId, type Assignment } from '../../src/domain/records/assignment.ts'
import type { Device } from '../../src/domain/records/device.ts'
import type { Hold } from '../../src/domain/records/hold.ts'
import { fitsBond } from '../../src/domain/records/invite.ts'
import { bondAt, openBond, type Member } from '../../src/domain/records/member.ts'
import type { Round } from '../../src/domain/records/round.ts'
import type { Session } from '../../src/domain/records/session.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import type { Team } from '../../src/domain/records/team.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import { START_MS } from './ground.ts'
import type { Contents } from './SimDisk.ts'
import type { SimPhone } from './SimPhone.ts'
import type { SimServer } from './SimServer.ts'
import type { Template } from './template.ts'

/** The share of evenings in which something is folded. */
const FOLDING_EVENINGS = 0.4

/** What a phone shows its person, and the dice that say what the person does with it. */
interface Scene {
  phone: SimPhone
  template: Template
  contents: Contents
  rng: Seam['rng']
  now: number
}

const pick = <T>({ rng }: Scene, from: readonly T[]): T | undefined => from[Math.floor(rng.next() * from.length)]

function all<T>({ contents }: Scene, kind: string): T[] {
  return contents.records.filter((row) => row.kind === kind).map((row) => row.body as unknown as T)
}

const find = <T extends { id: string }>(scene: Scene, kind: string, id: string): T | undefined =>
  all<T>(scene, kind).find((body) => body.id === id)

/** Stairwells as the person sees them; now and then one that is not on this phone (a colleague said the address). */
function place(scene: Scene): string {
  const seen = all<Stairwell>(scene, 'stairwell').map((body) => body.id)
  const anywhere = scene.rng.next() < 0.08 || seen.length === 0
  return pick(scene, anywhere ? scene.template.stairwells : seen) ?? scene.template.stairwells[0]!
}

const openSession = (scene: Scene): Session | undefined =>
  all<Session>(scene, 'session').find((body) => body.memberId === scene.phone.memberId && body.endedAt === null)

const ownVisit = (scene: Scene): Visit | undefined =>
  pick(
    scene,
    all<Visit>(scene, 'visit').filter((body) => body.recordedBy === scene.phone.memberId),
  )

const operations: Record<string, { weight: number; roles?: readonly string[]; run(scene: Scene): Promise<unknown> }> = {
  visit: {
    weight: 10,
    async run(scene) {
      const stairwellId = place(scene)
      const layout = find<Stairwell>(scene, 'stairwell', stairwellId)
      const known = pick(scene, layout?.doors ?? [])
      const label = scene.rng.next() < 0.1 || !known ? `30${1 + Math.floor(scene.rng.next() * 4)}` : known.label
      const outcome = pick(scene, OUTCOMES)!
      const sessionId = openSession(scene)?.id ?? null
      const args = { stairwellId, roundId: scene.template.roundId, level: 1, label, outcome, sessionId }
      return scene.phone.commit('visit/record', args)
    },
  },
  undo: {
    weight: 3,
    async run(scene) {
      const visit = ownVisit(scene)
      if (!visit) return null
      const { id: visitId, stairwellId, doorId } = visit
      return scene.phone.commit('visit/void', { visitId, stairwellId, doorId })
    },
  },
  quiz: {
    weight: 3,
    async run(scene) {
      const visit = ownVisit(scene)
      if (!visit) return null
      const answers = [{ questionId: 'q1', chosen: 'kitchen', correct: true }]
      const { id: visitId, stairwellId } = visit
      return scene.phone.commit('quiz/record', { visitId, stairwellId, ruleSetId: 'gz2023', answers })
    },
  },
  evening: {
    weight: 2,
    async run(scene) {
      const session = openSession(scene)
      if (session && scene.rng.next() < 0.4) {
        return scene.phone.commit('session/end', { sessionId: session.id, sentence: '' })
      }
      return session ? null : scene.phone.commit('session/start', { roundId: scene.template.roundId, partnerIds: [] })
    },
  },
  door: {
    weight: 2,
    async run(scene) {
      const stairwellId = place(scene)
      const door = pick(scene, find<Stairwell>(scene, 'stairwell', stairwellId)?.doors ?? [])
      const label = `4${Math.floor(scene.rng.next() * 10)}`
      const dice = scene.rng.next()
      if (!door || dice < 0.5) {
        return scene.phone.commit('door/add', { stairwellId, level: 4, label, kind: 'home' })
      }
      if (dice < 0.8) return scene.phone.commit('door/rename', { stairwellId, doorId: door.id, label })
      return scene.phone.commit('door/retire', { stairwellId, doorId: door.id })
    },
  },
  note: {
    weight: 2,
    async run(scene) {
      const layout = pick(scene, all<Stairwell>(scene, 'stairwell'))
      if (!layout) return null
      const note = `按 ${scene.rng.next() < 0.5 ? '左' : '右'} 边门铃`
      return scene.phone.commit('stairwell/access-note', {
        stairwellId: layout.id,
        baseRevision: layout.accessNoteRevision,
        note,
      })
    },
  },
  noEntry: {
    weight: 1,
    run: (scene) =>
      scene.phone.commit('visit/no-entry', {
        stairwellId: place(scene),
        roundId: scene.template.roundId,
        reason: 'locked',
        sessionId: openSession(scene)?.id ?? null,
      }),
  },
  assign: {
    weight: 3,
    roles: ['leader', 'officer'],
    async run(scene) {
      const stairwellId = pick(scene, scene.template.stairwells)!
      const { roundId } = scene.template
      const standing = find<Assignment>(scene, 'assignment', mintAssignmentId(roundId, stairwellId))
      const teamId = scene.rng.next() < 0.15 ? null : pick(scene, scene.template.teams)!
      const rest = { memberIds: [], leaseUntil: null, baseRevision: standing?.revision ?? 0 }
      return scene.phone.commit('assignment/save', { stairwellId, roundId, teamId, ...rest })
    },
  },
  team: {
    weight: 1,
    roles: ['officer'],
    async run(scene) {
      const team = pick(scene, all<Team>(scene, 'team'))
      if (!team) return null
      const name = `队${Math.floor(scene.rng.next() * 100)}`
      return scene.phone.commit('team/save', { teamId: team.id, baseRevision: team.revision, name })
    },
  },
  round: {
    weight: 1,
    roles: ['officer'],
    async run(scene) {
      const round = pick(scene, all<Round>(scene, 'round'))
      if (!round) return null
      const { id: roundId, revision: baseRevision, number, startsOn, state } = round
      const name = `轮${Math.floor(scene.rng.next() * 100)}`
      return scene.phone.commit('round/save', { roundId, baseRevision, number, name, startsOn, state })
    },
  },
  bond: {
    weight: 1,
    roles: ['officer'],
    async run(scene) {
      const member = pick(
        scene,
        all<Member>(scene, 'member').filter((body) => body.id !== scene.phone.memberId && body.bonds.length > 0),
      )
      if (!member) return null
      const teamId = pick(scene, scene.template.teams)!
      const role = bondAt(member, scene.now)?.role ?? 'member'
      const active = scene.rng.next() > 0.1
      return scene.phone.commit('member/bond', { memberId: member.id, role, teamId, active })
    },
  },
  confirm: {
    weight: 2,
    roles: ['leader', 'officer'],
    async run(scene) {
      const device = all<Device>(scene, 'device').find((body) => body.state === 'pending')
      if (!device) return null
      const { id: deviceId, memberId, teamId, matchCode } = device
      return scene.phone.commit('device/confirm', { deviceId, memberId, teamId, matchCode })
    },
  },
  settle: { weight: 2, roles: ['leader', 'officer'], run: (scene) => settleOne(scene, scene.rng.next() < 0.7) },
}

async function settleOne(scene: Scene, counts: boolean): Promise<unknown> {
  const hold = pick(
    scene,
    all<Hold>(scene, 'hold').filter((body) => body.state === 'waiting'),
  )
  return hold && scene.phone.commit('hold/settle', { holdId: hold.id, teamId: hold.teamId, counts })
}

/** The person does something that this phone's screens would offer. */
export async function doSomething(phone: SimPhone, template: Template, rng: Seam['rng']): Promise<void> {
  const contents = await phone.contents()
  if (!contents || !phone.seam) return
  const now = phone.seam.clock.now()
  const scene: Scene = { phone, template, contents, rng, now }
  const me = find<Member>(scene, 'member', phone.memberId)
  const role = (me && bondAt(me, now - contents.state.offsetMs)?.role) ?? 'member'
  const offered = Object.values(operations).filter((operation) => !operation.roles || operation.roles.includes(role))
  let dice = rng.next() * offered.reduce((sum, operation) => sum + operation.weight, 0)
  for (const operation of offered) {
    dice -= operation.weight
    if (dice > 0) continue
    await operation.run(scene)
    return
  }
}

/** At the end of the evening the officer lets everything through that still waits. @returns how much that was */
export async function settleEverything(officer: SimPhone, template: Template, rng: Seam['rng']): Promise<number> {
  const contents = await officer.contents()
  if (!contents) return 0
  const scene: Scene = { phone: officer, template, contents, rng, now: START_MS }
  const waiting = all<Hold>(scene, 'hold').filter((body) => body.state === 'waiting')
  for (const { id: holdId, teamId } of waiting) {
    await officer.commit('hold/settle', { holdId, teamId, counts: true })
  }
  const pending = all<Device>(scene, 'device').filter((body) => body.state === 'pending')
  for (const { id: deviceId, memberId, role, teamId, matchCode } of pending) {
    // Whoever moved on or left since the invitation is let in once the officer has put the member back there.
    const member = find<Member>(scene, 'member', memberId)
    const bond = member && openBond(member)
    const fits = member?.bonds.length === 0 || (bond && fitsBond({ role, teamId }, bond))
    if (!fits) await officer.commit('member/bond', { memberId, role, teamId, active: true })
    await officer.commit('device/confirm', { deviceId, memberId, teamId, matchCode })
  }
  return waiting.length + pending.length
}

/**
 * A round is closed, folded some time later and opened again, while everybody goes on: what is then on its way to it is
 * late. The dice are a stream of their own, so that an evening without a fold goes as it went before there was any.
 */
export function planFolds(
  at: (delayMs: number, run: () => void) => void,
  { server, template, go }: { server: SimServer; template: Template; go: (work: () => Promise<unknown>) => void },
  dice: Seam['rng'],
  spanMs: number,
): void {
  if (dice.next() > FOLDING_EVENINGS) return
  for (let folds = 1 + Math.floor(dice.next() * 3); folds > 0; folds--) {
    const closesMs = dice.next() * spanMs
    const foldsMs = closesMs + dice.next() ** 2 * spanMs * 0.2
    const opensMs = foldsMs + dice.next() ** 2 * spanMs * 0.2
    at(closesMs, () => go(() => server.setRound(template.roundId, 'closed')))
    at(foldsMs, () => go(() => server.fold()))
    at(opensMs, () => go(() => server.setRound(template.roundId, 'open')))
  }
}

/** Whoever is turned away and has left meanwhile gets no invitation until the officer has put them back where they were. */
export async function putBack(
  officer: SimPhone,
  template: Template,
  rng: Seam['rng'],
  memberId: string,
): Promise<void> {
  const contents = await officer.contents()
  if (!contents) return
  const member = find<Member>({ phone: officer, template, contents, rng, now: START_MS }, 'member', memberId)
  const last = member?.bonds.at(-1)
  if (!member || !last || openBond(member)) return
  await officer.commit('member/bond', { memberId, role: last.role, teamId: last.teamId, active: true })
}

/** The record that a saved visit makes. */
export const visitIdOf = (commandId: string): string => mintId(commandId, '0')
