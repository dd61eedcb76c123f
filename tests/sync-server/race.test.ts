import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emptyFacade, applyToFacade, facadeKey } from '../../src/domain/coverage/facade.ts'
import { mintId, sha256Hex } from '../../src/domain/hash.ts'
import type { SessionTally } from '../../src/domain/records/sessionTally.ts'
import { mintStairwellId, type Stairwell } from '../../src/domain/records/stairwell.ts'
import type { Team } from '../../src/domain/records/team.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import type { SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { readProjections, readRecords } from '../../sync-server/storage/records.ts'
import type { WireDevice } from '../harness/wireWorld.ts'
import { Scene, withDefect, type Reply } from './raceScene.ts'
import { freshId, type Street } from '../harness/wireWorld.ts'

const CONTESTS = 200
/** The defect shows in nine contests of ten, so a quarter of them is plenty. */
const DEFECT_CONTESTS = 50
const CONTEST_LIMIT_MS = 180_000
/** Revocations that meet the pushes of their phone. */
const REVOCATIONS = 200
/** One command sent twenty times at once, so often. */
const REPEATS = 15
/** Requests of three commands that each of four phones sends while another one reads. */
const PUSHES = 60

/** Several phones edit one note from the same base revision, all at once, again and again. */
async function contest(scene: Scene, rounds: number): Promise<{ winners: number[]; unlike: number }> {
  const officers = await Promise.all([0, 1, 2, 3].map(() => scene.device('officer')))
  const [officer] = officers
  const { stairwellIds } = await scene.street(officer!)
  const [stairwellId] = stairwellIds
  const winners: number[] = []
  let unlike = 0
  for (let round = 0; round < rounds; round++) {
    const [stood] = await scene.bodies<Stairwell>(`s:${stairwellId}`, 'stairwell')
    const baseRevision = stood!.accessNoteRevision
    const asked = officers.map((device, k) =>
      device.command('stairwell/access-note', { stairwellId, baseRevision, note: `第${round}次，第${k}人` }),
    )
    const replies = await Promise.all(officers.map((device, k) => scene.push(k, device, [asked[k]])))
    const answers = replies.map((reply) => reply.body.answers[0])
    const won = asked.filter((_, k) => answers[k]?.result === 'applied')
    winners.push(won.length)
    const lost = answers.filter((answer) => answer?.result === 'refused' && answer.code === 'stale_revision')
    const [now] = await scene.bodies<Stairwell>(`s:${stairwellId}`, 'stairwell')
    const isTheirs = won.some((command) => (command.args as { note: string }).note === now!.accessNote)
    if (!isTheirs || lost.length + won.length !== officers.length) unlike++
  }
  return { winners, unlike }
}

/** The same POST, many times at once. @returns how many answers call themselves the first, and how often it took effect */
async function repeatAtOnce(
  scene: Scene,
  officer: WireDevice,
  rounds: number,
): Promise<{ firsts: number; teams: number }[]> {
  const seen: { firsts: number; teams: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const teamId = freshId()
    const commands = [officer.command('team/save', { teamId, baseRevision: 0, name: '队' })]
    const replies = await Promise.all(Array.from({ length: 20 }, (_, k) => scene.push(k, officer, commands)))
    const answers = replies.flatMap(({ body }) => body.answers ?? [])
    const stored = (await scene.bodies<Team>('c', 'team')).filter(({ id }) => id === teamId)
    seen.push({ firsts: answers.filter((answer) => !answer.again).length, teams: stored.length })
  }
  return seen
}

/** Four phones write through both processes while another one reads by its cursor. @returns what it never saw */
async function readWhileOthersWrite(scene: Scene, pushes: number): Promise<{ written: number; missed: number }> {
  const reader = await scene.device('officer')
  const writers = await Promise.all([0, 1, 2, 3].map(() => scene.device('officer')))
  const seen = new Set<string>()
  let cursor: string | null = null
  let busy = true
  const pull = async (k: number): Promise<boolean> => {
    const { status, body } = await scene
      .worker(k)
      .post<SyncAnswer>('/api/sync', reader.request([], { cursor, pull: true }), reader.cookie)
    if (status !== 200) throw new Error(`a pull was answered ${status}`)
    for (const change of body.changes) if (change.kind === 'team') seen.add(change.id)
    cursor = body.cursor
    return body.more
  }
  const read = async () => {
    for (let k = 0; busy; k++) await pull(k)
  }
  const write = async (device: WireDevice, k: number) => {
    for (let push = 0; push < pushes; push++) {
      const commands = [0, 1, 2].map(() =>
        device.command('team/save', { teamId: freshId(), baseRevision: 0, name: '队' }),
      )
      await scene.push(k, device, commands)
    }
  }
  const reading = read()
  await Promise.all(writers.map(write))
  busy = false
  await reading
  while (await pull(0)) continue
  const written = await scene.bodies<Team>('c', 'team')
  return { written: written.length, missed: written.filter(({ id }) => !seen.has(id)).length }
}

describe('two processes on one PostgreSQL', () => {
  let scene: Scene
  let officer: WireDevice
  let street: Street
  beforeAll(async () => {
    scene = await Scene.open()
    officer = await scene.device('officer')
    street = await scene.street(officer)
  })
  afterAll(() => scene.close())

  const visit = (device: WireDevice, stairwellId: string, label: string, sessionId: string | null = null) => {
    const where = { stairwellId, roundId: street.roundId, level: Number(label[0]), label }
    return device.command('visit/record', { ...where, outcome: 'met', sessionId }, { claimedAt: Date.now() })
  }

  test(
    `[SYNC-3] ${CONTESTS} contested edits have one winner each, and what it wrote is what stands`,
    { timeout: CONTEST_LIMIT_MS },
    async () => {
      const { winners, unlike } = await contest(scene, CONTESTS)
      console.log(
        `${CONTESTS} contests of four phones: ${winners.filter((count) => count !== 1).length} without one winner`,
      )
      expect(winners).toEqual(Array(CONTESTS).fill(1))
      expect(unlike).toBe(0)
    },
  )

  test('[SYNC-3] a phone that reads while four others write misses no row', { timeout: CONTEST_LIMIT_MS }, async () => {
    const { written, missed } = await readWhileOthersWrite(scene, PUSHES)
    console.log(`read while others wrote: ${missed} of ${written} rows were never seen`)
    expect(missed).toBe(0)
    expect(written).toBeGreaterThanOrEqual(PUSHES * 12)
  })

  test('[SYNC-2] one command sent 20 times at once is taken in once', { timeout: CONTEST_LIMIT_MS }, async () => {
    const rounds = await repeatAtOnce(scene, officer, REPEATS)
    expect(rounds).toEqual(Array(REPEATS).fill({ firsts: 1, teams: 1 }))
  })

  test('20 parallel uses of one invitation make one phone; all the others hear that it is dead', async () => {
    const [teamId] = street.teamIds
    const [secret, code] = [`${freshId()}${freshId()}`, 'ABCDEFGH']
    const hashes = { secretHash: sha256Hex(secret), codeHash: sha256Hex(code) }
    const asked = { role: 'member', teamId, ...hashes, label: '', minutes: 15 }
    await scene.mustPush(officer, [officer.command('invite/create', asked)])
    const devicesBefore = await scene.bodies(`t:${teamId}`, 'device')
    const membersBefore = await scene.bodies('c', 'member')
    const uses = Array.from({ length: 20 }, (_, k) => {
      const given = k % 4 < 2 ? `${scene.community}.${secret}` : 'abcd-efgh'
      const body = { secret: given, name: `人${k}`, deviceName: '手机' }
      return scene.worker(k).post<{ code?: string }>('/api/enrol', body)
    })
    const replies = await Promise.all(uses)
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
    const dead = replies.filter((reply) => reply.status !== 200)
    expect(new Set(dead.map((reply) => JSON.stringify(reply)))).toEqual(
      new Set([
        JSON.stringify({
          status: 410,
          body: { type: 'about:blank', title: 'invite_dead', status: 410, code: 'invite_dead' },
        }),
      ]),
    )
    expect(await scene.bodies(`t:${teamId}`, 'device')).toHaveLength(devicesBefore.length + 1)
    expect(await scene.bodies('c', 'member')).toHaveLength(membersBefore.length + 1)
  })

  test('once a revocation is committed nothing of that phone is applied', { timeout: CONTEST_LIMIT_MS }, async () => {
    const [teamId] = street.teamIds
    const [stairwellId] = street.stairwellIds
    let cut = 0
    for (let round = 0; round < REVOCATIONS; round++) {
      const phone = await scene.device('member', teamId)
      const pushes = Array.from({ length: 8 }, () => visit(phone, stairwellId, '101'))
      const revocation = officer.command('device/revoke', { deviceId: phone.id, teamId })
      const sendAll = async () => {
        const answers: Reply<SyncAnswer>[] = []
        for (const command of pushes) answers.push(await scene.push(0, phone, [command]))
        return answers
      }
      const [answers] = await Promise.all([sendAll(), scene.push(1, officer, [revocation])])
      const [row] = await readRecords(scene.context.storage.db, scene.community, [{ kind: 'device', id: phone.id }])
      const visits = await scene.bodies<Visit>(`s:${stairwellId}`, 'visit')
      const theirs = visits.filter((body) => body.recordedBy === phone.standing.memberId)
      expect(Math.max(0, ...theirs.map((body) => body.clock))).toBeLessThan(row!.clock)
      const applied = answers.filter((reply) => reply.status === 200)
      expect(theirs).toHaveLength(applied.length)
      const refused = answers.filter((reply) => reply.status !== 200)
      for (const reply of refused) expect(reply).toMatchObject({ status: 401, body: { code: 'device_revoked' } })
      if (refused.length > 0 && refused.length < pushes.length) cut++
    }
    console.log(`${cut} of ${REVOCATIONS} revocations fell between the pushes of their phone`)
    expect(cut).toBeGreaterThan(0)
  })

  test('[SYNC-2] the same POST 20 times at once has one effect and one answer', async () => {
    const phone = await scene.device('member', street.teamIds[0])
    const [stairwellId] = street.stairwellIds
    for (let round = 0; round < 10; round++) {
      const before = await scene.bodies<Visit>(`s:${stairwellId}`, 'visit')
      const commands = ['101', '102', '201', '999'].map((label) => visit(phone, stairwellId, label))
      commands.push(phone.command('team/save', { teamId: freshId(), baseRevision: 0, name: '队' }))
      const replies = await Promise.all(Array.from({ length: 20 }, (_, k) => scene.push(k, phone, commands)))
      expect(replies.map((reply) => reply.status)).toEqual(Array(20).fill(200))
      const firsts = replies.filter(({ body }) => body.answers.every((answer) => !answer.again))
      expect(firsts).toHaveLength(1)
      const plain = replies.map(({ body }) => body.answers.map(({ again: _again, ...answer }) => answer))
      for (const answers of plain) expect(answers).toEqual(plain[0])
      expect(plain[0]!.map((answer) => answer.result)).toEqual([...Array<string>(4).fill('applied'), 'refused'])
      expect(replies.map(({ body }) => body.lane)).toEqual(Array(20).fill(null))
      expect(await scene.bodies<Visit>(`s:${stairwellId}`, 'visit')).toHaveLength(before.length + 4)
    }
  })

  test('the first row of a façade and of an evening’s tally, made by two at once, counts both', async () => {
    const [teamId] = street.teamIds
    const rounds = 30
    const one = await scene.device('member', teamId)
    const two = await scene.device('member', teamId, one.standing.memberId)
    const stairwellIds = await layOutMore(rounds)
    for (const stairwellId of stairwellIds) {
      const begun = one.command('session/start', { roundId: street.roundId, partnerIds: [] }, { claimedAt: Date.now() })
      await scene.mustPush(one, [begun])
      const sessionId = mintId(begun.id, '0')
      const both = [visit(one, stairwellId, '101', sessionId), visit(two, stairwellId, '101', sessionId)]
      const replies = await Promise.all([scene.push(0, one, [both[0]]), scene.push(1, two, [both[1]])])
      expect(replies.map(({ body }) => body.answers[0]?.result)).toEqual(['applied', 'applied'])
      const { db } = scene.context.storage
      const key = facadeKey(stairwellId, street.roundId)
      const [facade] = await readProjections(db, scene.community, 'facade', [key])
      const recomputed = emptyFacade(stairwellId, street.roundId)
      for (const { clock: _clock, ...after } of await scene.bodies<Visit>(`s:${stairwellId}`, 'visit')) {
        applyToFacade(recomputed, { kind: 'visit', before: null, after })
      }
      expect(JSON.parse(facade!.body)).toEqual(recomputed)
      const [tally] = await readRecords(db, scene.community, [{ kind: 'sessionTally', id: sessionId }])
      const { visits } = JSON.parse(tally!.body) as SessionTally
      expect(Object.keys(visits).sort()).toEqual(both.map((command) => mintId(command.id, '0')).sort())
    }
  })

  /** Stairwells that nobody has ever visited, given to the first team. */
  async function layOutMore(count: number): Promise<string[]> {
    const floors = [{ level: 1, label: '1' }]
    const doors = [{ label: '101', level: 1, kind: 'home', column: 0 }]
    const grant = {
      roundId: street.roundId,
      baseRevision: 0,
      teamId: street.teamIds[0],
      memberIds: [],
      leaseUntil: null,
    }
    const commands: WireCommand[] = []
    const stairwellIds: string[] = []
    for (let number = 1; number <= count; number++) {
      const name = { estate: '新苑', building: `${number}栋`, stairwell: '' }
      const stairwellId = mintStairwellId(scene.community, name.estate, name.building, name.stairwell)
      commands.push(officer.command('roster/import-stairwell', { ...name, floors, doors }))
      commands.push(officer.command('assignment/save', { ...grant, stairwellId }))
      stairwellIds.push(stairwellId)
    }
    await scene.mustPush(officer, commands)
    return stairwellIds
  }
})

describe('planted', () => {
  test(
    'deciding before the lock lets more than one phone win, and the contest sees it',
    { timeout: CONTEST_LIMIT_MS },
    () =>
      withDefect('deciding before the lock', async (scene) => {
        const { winners } = await contest(scene, DEFECT_CONTESTS)
        const doubles = winners.filter((count) => count > 1).length
        console.log(`deciding before the lock: ${doubles} of ${DEFECT_CONTESTS} contests had more than one winner`)
        expect(doubles).toBeGreaterThan(0)
      }),
  )

  test('look-then-insert takes one command in twice, and the repeats see it', { timeout: CONTEST_LIMIT_MS }, () =>
    withDefect('look-then-insert', async (scene) => {
      const rounds = await repeatAtOnce(scene, await scene.device('officer'), REPEATS)
      const doubled = rounds.filter(({ firsts }) => firsts > 1).length
      console.log(`look-then-insert: ${doubled} of ${REPEATS} commands were taken in more than once`)
      expect(doubled).toBeGreaterThan(0)
    }),
  )

  test('a cursor from a sequence loses rows for ever, and the reader sees it', { timeout: CONTEST_LIMIT_MS }, () =>
    withDefect('cursor from a sequence', async (scene) => {
      const { written, missed } = await readWhileOthersWrite(scene, PUSHES)
      console.log(`cursor from a sequence: ${missed} of ${written} rows were never seen`)
      expect(missed).toBeGreaterThan(0)
    }),
  )
})
