import { afterEach, expect, test } from 'vitest'
import { readPhone } from '../../src/db/database.ts'
import { listQueue } from '../../src/db/outbox.ts'
import { settle } from '../../src/db/settle.ts'
import { canonicalJson } from '../../src/domain/hash.ts'
import { facadeKey, type Facade } from '../../src/domain/coverage/facade.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import { readProjections, readRecords } from '../../sync-server/storage/records.ts'
import { drawFacades } from '../simulation/invariants.ts'
import { createCommunity, rowsOf, type Community } from './community.ts'

let community: Community
const limits = { ...LIMITS }
afterEach(async () => {
  Object.assign(LIMITS, limits)
  await community.world.close()
})

test('[SYNC-6] while others write between any two pages, everything arrives and the own visit is never out of sight', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const member = await community.member(teams[0])
  for (let visit = 0; visit < 12; visit++) await community.knock(officer, stairwells[0], '101', 'notHome')
  await officer.sync()
  Object.assign(LIMITS, { changesPerPage: 4, rowsPerTransaction: 3 })
  const own = await community.knock(member, stairwells[0], '202')
  const post = member.seam.net.post
  let pages = 0
  const reached: number[] = []
  member.seam.net.post = async (path, body) => {
    expect((await rowsOf(member, 'visit')).has(own.visitId)).toBe(true)
    const answer = await post(path, body)
    reached.push((answer.body as SyncAnswer).reached)
    pages++
    // The stairwell that the own visit may have touched moves behind every page for a while.
    if (pages <= 4) {
      const label = `30${pages}`
      await officer.commit('door/add', { stairwellId: stairwells[0], level: 3, label, kind: 'home' })
      await community.knock(officer, stairwells[0], '102', 'brief')
      await officer.sync()
    }
    return answer
  }
  await member.sync()
  expect(pages).toBeGreaterThan(4)
  expect(reached.slice(0, -1).every((clock) => clock === 0)).toBe(true)
  expect(reached.at(-1)).toBeGreaterThan(0)
  expect(await member.database.outbox.count()).toBe(0)
  member.seam.net.post = post
  await officer.sync()
  expect(await rowsOf(member, 'visit')).toEqual(await rowsOf(officer, 'visit'))
  expect(await rowsOf(member, 'stairwell')).toEqual(
    new Map([...(await rowsOf(officer, 'stairwell'))].filter(([id]) => id === stairwells[0])),
  )
})

test('[SYNC-7] façades on the phone, on the server and drawn from the events are the same', async () => {
  community = await createCommunity()
  const { world, officer, teams, stairwells, roundId } = community
  const member = await community.member(teams[0])
  const mate = await community.member(teams[0], '乙')
  const visits = []
  for (const [phone, label, outcome] of [
    [member, '101', 'met'],
    [mate, '101', 'refused'],
    [member, '102', 'doNotKnock'],
    [mate, '201', 'vacant'],
    [member, '201', 'minorOnly'],
    [mate, '3A', 'brief'],
  ] as const) {
    visits.push({ phone, ...(await community.knock(phone, stairwells[0], label, outcome)) })
  }
  const { doorId } = (await rowsOf(member, 'visit')).get(visits[0]!.visitId) as unknown as { doorId: string }
  await member.commit('visit/void', { visitId: visits[0]!.visitId, stairwellId: stairwells[0], doorId })
  await mate.commit('quiz/record', {
    visitId: visits[5]!.visitId,
    stairwellId: stairwells[0],
    ruleSetId: 'gz2023',
    answers: [{ questionId: 'q1', chosen: 'kitchen', correct: true }],
  })
  for (const phone of [member, mate, member, officer]) await phone.sync()
  const { db } = world.server.storage
  const events = await db.selectFrom('record').selectAll().where('deleted', '=', 0).execute()
  const drawn = drawFacades(events.map(({ body, ...row }) => ({ ...row, body: JSON.parse(body) as { id: string } })))
  const key = facadeKey(stairwells[0], roundId)
  const expected = canonicalJson(drawn.get(key))
  const [stored] = await readProjections(db, world.community, 'facade', [key])
  expect(canonicalJson(JSON.parse(stored!.body))).toBe(expected)
  for (const phone of [member, mate, officer]) {
    expect(canonicalJson((await phone.database.facades.get([stairwells[0], roundId])) as Facade)).toBe(expected)
  }
})

test('[SYNC-3] a batch is a few statements, however many visits are in it', async () => {
  community = await createCommunity()
  const { teams, stairwells, world } = community
  const member = await community.member(teams[0])
  for (let visit = 0; visit < 120; visit++) await community.knock(member, stairwells[0], '101', 'notHome')
  let statements = 0
  const { storage } = world.server
  world.server.storage = {
    ...storage,
    transaction: (run) =>
      storage.transaction((trx) => {
        const counting = trx.withPlugin({
          transformQuery: ({ node }) => (statements++, node),
          transformResult: async ({ result }) => result,
        }) as typeof trx
        return run(counting)
      }),
  }
  await member.sync()
  expect(await listQueue(member.database)).toEqual([])
  expect(statements).toBeLessThan(40)
  const known = await readRecords(storage.db, world.community, [{ kind: 'deviceReport', id: member.standing.deviceId }])
  expect(known).toHaveLength(1)
})

test('[SYNC-7] of two windows’ pages from one place the older one does not end up on the newer one', async () => {
  community = await createCommunity()
  const { officer, teams, stairwells } = community
  const [stairwellId] = stairwells
  const member = await community.member(teams[0])
  await member.sync()
  await officer.sync()
  const { post } = member.seam.net
  const answers: SyncAnswer[] = []
  member.seam.net.post = async (path, body) => {
    answers.push((await post(path, body)).body as SyncAnswer)
    throw new Trouble('offline')
  }
  for (const [baseRevision, note] of ['先写的', '后写的'].entries()) {
    await officer.commit('stairwell/access-note', { stairwellId, baseRevision, note })
    for (const label of ['101', '102', '201', '202']) await community.knock(officer, stairwellId, label)
    await officer.sync()
    await expect(member.sync()).rejects.toThrow()
  }
  const [older, newer] = answers as [SyncAnswer, SyncAnswer]
  member.seam.net.post = post
  const note = async () =>
    [...(await rowsOf(member, 'stairwell')).values()].map((body) => (body as unknown as Stairwell).accessNote)

  Object.assign(LIMITS, { rowsPerTransaction: 1 })
  const asked = await readPhone(member.database)
  // Where somebody taps a slice waits. Here, when the newer note lies there, the other window stores its older one, and waits in its turn.
  const settling = new Map<string, Promise<string>>()
  const begin = (name: string, page: SyncAnswer, stands: string, meanwhile: () => Promise<unknown>) => {
    let isOver = false
    const calm = (run: () => void) =>
      void note().then(async ([now]) => {
        if (now === stands && !isOver) {
          isOver = true
          await meanwhile()
        }
        run()
      })
    const seam = { ...member.seam, isRestless: () => !isOver, calm }
    settling.set(name, settle(member.database, seam, asked, page, true))
    return settling.get(name)!
  }
  let newerGoesOn = () => {}
  const hasGoneOn = new Promise<void>((resolve) => (newerGoesOn = resolve))
  await begin('newer', newer, '后写的', () => {
    void begin('older', older, '先写的', async () => {
      newerGoesOn()
      await settling.get('newer')
    })
    return hasGoneOn
  })
  expect([await settling.get('newer'), await settling.get('older')]).toEqual(['stale', 'stored'])
  await member.sync()
  expect(await note()).toEqual(['后写的'])
})
