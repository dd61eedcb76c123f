import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { accept } from '../../src/domain/command.ts'
import { put } from '../../src/domain/put.ts'
import type { Hold } from '../../src/domain/records/hold.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import { VERBS } from '../../src/domain/verbs.ts'
import { countQueue } from '../../src/db/outbox.ts'
import { HoldRetries, retryHolds } from '../../sync-server/HoldRetries.ts'
import { RETRIES_A_BATCH } from '../../sync-server/Holds.ts'
import { WorkingFacts } from '../../sync-server/workingFacts.ts'
import { putHeld, readRange } from '../../sync-server/storage/records.ts'
import { createCommunity, type Community } from '../sync/community.ts'
import type { TestPhone } from '../harness/world.ts'

let community: Community
let member: TestPhone
let leader: TestPhone
const visits = VERBS['visit/record'] as { version: number }
const notes = VERBS['stairwell/access-note']

beforeEach(async () => {
  community = await createCommunity()
  member = await community.member(community.teams[0])
  leader = await community.leader(community.teams[0])
})
afterEach(async () => {
  vi.restoreAllMocks()
  visits.version = 1
  await community.world.close()
})

/** A server that starts: what it does for itself before anybody asks. */
async function startServer(): Promise<void> {
  const retries = await HoldRetries.follow(community.world.server)
  await retries.settled()
  await retries.stop()
}
const rows = async <B>(scope: string, kind: string): Promise<B[]> => {
  const found = await readRange(community.world.server.storage.db, community.world.community, scope, kind, 1_000)
  return found.map((row) => JSON.parse(row.body) as B)
}
const heldRows = () => community.world.server.storage.db.selectFrom('held').selectAll().execute()
const visitsThere = (k: 0 | 1 = 0) => rows<Visit>(`s:${community.stairwells[k]}`, 'visit')
const holds = () => rows<Hold>(`t:${community.teams[0]}`, 'hold')
const note = (phone: TestPhone, text: string, baseRevision = 0) => {
  return phone.commit('stairwell/access-note', { stairwellId: community.stairwells[0], baseRevision, note: text })
}

/** A knock that a newer app saved: the server that runs does not know its version. */
async function knockWithNewerApp(label: string, k: 0 | 1 = 0): Promise<{ visitId: string }> {
  visits.version = 2
  const knocked = await community.knock(member, community.stairwells[k], label)
  visits.version = 1
  return knocked
}
/** The server that starts next is of the app's own version. */
async function updateServer(): Promise<void> {
  visits.version = 2
  await startServer()
}

describe('[SYNC-9] what only a newer or a sounder server can take in', () => {
  test('is taken in when it starts; the phone learns of it and the leader has nothing left to decide', async () => {
    const { visitId } = await knockWithNewerApp('101')
    await member.sync()
    expect(await countQueue(member.database)).toMatchObject({ held: 1 })
    expect(await holds()).toMatchObject([{ why: 'unknownVersion', state: 'waiting' }])
    await startServer()
    expect(await heldRows()).toMatchObject([{ why: 'unknownVersion' }])
    await updateServer()
    expect(await visitsThere()).toMatchObject([{ id: visitId }])
    expect(await holds()).toMatchObject([{ state: 'accepted' }])
    await member.sync()
    expect(await countQueue(member.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
  })

  test('waits for its leader from then on where it was not granted, and can be settled', async () => {
    await knockWithNewerApp('101', 1)
    await member.sync()
    await updateServer()
    expect(await visitsThere(1)).toEqual([])
    expect(await heldRows()).toMatchObject([{ why: 'notGranted' }])
    await leader.sync()
    const [hold] = await holds()
    expect(hold).toMatchObject({ why: 'notGranted', state: 'waiting' })
    await leader.commit('hold/settle', { holdId: hold!.id, teamId: hold!.teamId, counts: true })
    await leader.sync()
    expect(await visitsThere(1)).toHaveLength(1)
  })

  test('a rule that threw is run once more at each start, not more often, and those behind it go on', async () => {
    const { faults } = watchFaults()
    const rule = notes.decide
    let judged = 0
    // Here phone and server share one rule; the hole is the server's.
    const decide = vi.spyOn(notes, 'decide').mockImplementation((input, facts) => {
      if (!(facts instanceof WorkingFacts)) return rule(input, facts)
      judged++
      throw new Error('a rule with a hole')
    })
    await member.sync()
    await note(member, '按门铃')
    await knockWithNewerApp('101')
    await member.sync()
    judged = 0
    await updateServer()
    expect(judged).toBe(1)
    expect(await visitsThere()).toHaveLength(1)
    expect(faults).toContain('a rule with a hole')
    decide.mockRestore()
    await startServer()
    expect(await heldRows()).toEqual([])
    await member.sync()
    expect(await countQueue(member.database)).toEqual({ waiting: 0, held: 0, refused: 0 })
  })

  test('what the database itself will not take stops nobody', async () => {
    watchFaults()
    for (const label of ['101', '102', '201']) await knockWithNewerApp(label)
    await member.sync()
    const { decide: rule } = VERBS['visit/record']
    vi.spyOn(VERBS['visit/record'], 'decide').mockImplementation((input, facts) => {
      if (input.args.label !== '102') return rule(input, facts)
      return accept([put('round', { id: input.newId(0), name: 'a\u0000b' } as never)])
    })
    await updateServer()
    expect((await visitsThere()).map(({ label }) => label).sort()).toEqual(['101', '201'])
    expect(await heldRows()).toHaveLength(1)
  })
})

describe('[SYNC-8] what waits for a lost history', () => {
  /** Commands of the lost history that wait: all but the last at a stairwell that nobody has. */
  async function wait(count: number): Promise<void> {
    const { world, roundId, stairwells } = community
    const { memberId: who, deviceId: device } = member.standing
    const at = world.clock.now()
    const held = Array.from({ length: count }, (_, index) => {
      const id = world.newId()
      const stairwellId = index === count - 1 ? stairwells[0] : world.newId()
      const args = { stairwellId, roundId, level: 1, label: '101', outcome: 'met', sessionId: null }
      const formerly = { epoch: 'lost', clock: index }
      const head = { n: index + 1, id, verb: 'visit/record', version: 1, claimedAt: at, offsetMs: 0, after: null }
      const raw = JSON.stringify({ ...head, args, formerly })
      return { id, device, member: who, n: index + 1, raw, why: 'restored', receivedAt: at, effectiveAt: at }
    })
    await world.server.storage.transaction((trx) => putHeld(trx, world.community, held))
  }

  test('batches take turns: what can be applied is reached behind whatever cannot, at a bounded price each', async () => {
    await wait(2 * RETRIES_A_BATCH + 20)
    const { officer } = community
    const decide = vi.spyOn(VERBS['visit/record'], 'decide')
    const judged: number[] = []
    const done: number[] = []
    for (let batch = 0; batch < 3; batch++) {
      decide.mockClear()
      await officer.commit('team/save', { teamId: community.world.newId(), baseRevision: 0, name: '新队' })
      await officer.sync()
      judged.push(decide.mock.calls.length)
      done.push((await visitsThere()).length)
    }
    expect(done).toEqual([0, 0, 1])
    expect(Math.max(...judged)).toBeLessThanOrEqual(RETRIES_A_BATCH)
  })

  test('a pass beside the batches goes through all of it, and ends when a round brings nothing', async () => {
    await wait(3 * RETRIES_A_BATCH)
    const { server, community: place } = community.world
    expect(await retryHolds(server, place, 'restored')).toBe(1)
    expect(await visitsThere()).toHaveLength(1)
    expect(await retryHolds(server, place, 'restored')).toBe(0)
    expect(await heldRows()).toHaveLength(3 * RETRIES_A_BATCH - 1)
  })
})

/** What the server tells its operator instead of failing. */
function watchFaults(): { faults: string[] } {
  const faults: string[] = []
  community.world.server.onFault = (error) => void faults.push(error instanceof Error ? error.message : String(error))
  return { faults }
}
