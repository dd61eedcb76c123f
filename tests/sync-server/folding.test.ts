import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mintId } from '../../src/domain/hash.ts'
import { mintFoldedId, type Folded } from '../../src/domain/records/folded.ts'
import { DAY_MS } from '../../src/protocol/limits.ts'
import type { SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { fold } from '../../sync-server/folding.ts'
import { readProjections, readRecords } from '../../sync-server/storage/records.ts'
import { databaseHash } from '../harness/databaseHash.ts'
import { type Street, type WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

const DAYS = 90

onEachDatabase((place) => {
  let world: WireWorld
  let officer: WireDevice
  let member: WireDevice
  let street: Street
  beforeEach(async () => {
    world = await WireWorld.open(await place.empty())
    officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
    member = await world.enter({ role: 'member', team: street.teamIds[0] })
  })
  afterEach(() => world.close())

  const now = () => ({ claimedAt: world.clock.now() })
  const knock = (label: string, outcome = 'met', by = member): WireCommand => {
    const visit = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label }
    return by.command('visit/record', { ...visit, outcome, sessionId: null }, now())
  }
  const undo = async (visit: WireCommand): Promise<WireCommand> => {
    const [row] = await rowsOf('visit', [visitIdOf(visit)])
    const doorId = row ? (JSON.parse(row.body) as { doorId: string }).doorId : mintId('door', 'gone')
    const args = { visitId: visitIdOf(visit), stairwellId: street.stairwellIds[0], doorId }
    return member.command('visit/void', args, now())
  }
  const quiz = (visit: WireCommand): WireCommand => {
    const answers = [
      { questionId: 'q1', chosen: 'kitchen', correct: true },
      { questionId: 'q2', chosen: 'residual', correct: false },
    ]
    const args = { visitId: visitIdOf(visit), stairwellId: street.stairwellIds[0], ruleSetId: 'gz2023', answers }
    return member.command('quiz/record', args, now())
  }
  const visitIdOf = ({ id }: WireCommand) => mintId(id, '0')
  const rowsOf = (kind: string, ids: readonly string[]) =>
    readRecords(
      world.db,
      world.community,
      ids.map((id) => ({ kind, id })),
    )
  const apply = async (by: WireDevice, ...commands: WireCommand[]) => {
    for (const answer of await world.push(by, commands)) expect(answer).toMatchObject({ result: 'applied' })
  }
  const close = async (revision = 1) => {
    const round = { roundId: street.roundId, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'closed' }
    await apply(officer, officer.command('round/save', { ...round, baseRevision: revision }, now()))
  }
  const tally = async (): Promise<Folded | null> => {
    const [row] = await rowsOf('folded', [mintFoldedId(street.roundId, street.stairwellIds[0])])
    return row ? (JSON.parse(row.body) as Folded) : null
  }
  const liveEvents = async () => {
    const kinds = ['visit', 'visitVoid', 'quizTaken', 'quizAnswer', 'noEntry', 'visitDetail']
    const rows = world.db.selectFrom('record').select(['kind', 'deleted']).where('kind', 'in', kinds)
    return (await rows.execute()).filter((row) => row.deleted === 0).map((row) => row.kind)
  }
  const pull = (by: WireDevice, from?: Pick<SyncAnswer, 'cursor' | 'membership'>) =>
    world.sync(by, [], { pull: true, ...(from ? { cursor: from.cursor, membership: from.membership } : {}) })
  /** An evening of three knocks, one taken back and one with a quiz, in a round that was closed since. */
  const evening = async () => {
    const [met, taken, empty] = [knock('101'), knock('102', 'brief'), knock('201', 'notHome')] as const
    await apply(member, met, taken, empty)
    await apply(member, quiz(met), await undo(taken))
    const args = { stairwellId: street.stairwellIds[0], roundId: street.roundId, reason: 'locked', sessionId: null }
    await apply(member, member.command('visit/no-entry', args, now()))
    await close()
    return { met, taken, empty }
  }
  const memberId = () => member.standing.memberId

  describe('[SYNC-12] folding', () => {
    test('nothing is folded before its time, and a dry run changes nothing', async () => {
      await evening()
      world.clock.tick((DAYS - 1) * DAY_MS)
      const before = await databaseHash(world.db)
      expect(await fold(world.context, DAYS)).toEqual({ places: 0, visits: 0, events: 0 })
      expect(await databaseHash(world.db)).toBe(before)
      world.clock.tick(2 * DAY_MS)
      expect(await fold(world.context, DAYS, true)).toEqual({ places: 1, visits: 3, events: 8 })
      expect(await databaseHash(world.db)).toBe(before)
    })

    test('events become one row with a clock of its own, and leave no tombstones', async () => {
      await evening()
      world.clock.tick((DAYS + 1) * DAY_MS)
      const before = await pull(officer)
      const rows = await world.db.selectFrom('record').select('id').execute()
      expect(await fold(world.context, DAYS)).toEqual({ places: 1, visits: 3, events: 8 })
      expect(await tally()).toMatchObject({
        folds: 1,
        visits: 2,
        voided: 1,
        noEntries: 1,
        members: { [memberId()]: { visits: 2, met: 1, quizzed: 1 } },
        items: { 'gz2023/q1': { asked: 1, correct: 1 }, 'gz2023/q2': { asked: 1, correct: 0 } },
      })
      expect(
        Object.values((await tally())!.doors)
          .map(({ reach }) => reach)
          .sort(),
      ).toEqual(['notHome', 'quizzed'])
      expect(await liveEvents()).toEqual([])
      // One row more and eight less: nothing stands where they stood, except for the author's private note.
      expect(await world.db.selectFrom('record').select('id').execute()).toHaveLength(rows.length + 1 - 8)
      const facade = `${street.stairwellIds[0]}.${street.roundId}`
      expect(await readProjections(world.db, world.community, 'facade', [facade])).toEqual([])
      const after = await pull(officer, before)
      expect(after.changes.map(({ kind, scope, body }) => ({ kind, scope, isLive: body !== null }))).toEqual([
        { kind: 'folded', scope: `s:${street.stairwellIds[0]}`, isLive: true },
      ])
      expect(await fold(world.context, DAYS)).toEqual({ places: 0, visits: 0, events: 0 })
    })

    test('an evening’s count outlives the events that it was made of', async () => {
      const sessionId = mintId('session', 'a')
      const start = member.command('session/start', { roundId: street.roundId, partnerIds: [] }, now())
      await apply(member, start)
      const session = await world.db.selectFrom('record').select('id').where('kind', '=', 'session').executeTakeFirst()
      const args = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label: '101' }
      const visit = { ...args, outcome: 'met', sessionId: session?.id ?? sessionId }
      await apply(member, member.command('visit/record', visit, now()))
      const before = await rowsOf('sessionTally', [session!.id])
      expect(before).toHaveLength(1)
      await close()
      world.clock.tick((DAYS + 1) * DAY_MS)
      expect(await fold(world.context, DAYS)).toMatchObject({ visits: 1 })
      expect(await rowsOf('sessionTally', [session!.id])).toEqual(before)
    })

    test('a round that is open again, or where a leader has still to decide, is left alone', async () => {
      await evening()
      world.clock.tick((DAYS + 1) * DAY_MS)
      const other = await world.enter({ role: 'member', team: street.teamIds[1] })
      const [held] = await world.push(other, [knock('101', 'met', other)])
      expect(held).toMatchObject({ result: 'held' })
      expect(await fold(world.context, DAYS)).toEqual({ places: 0, visits: 0, events: 0 })
    })
  })

  describe('[SYNC-12] what comes late', () => {
    const folded = async () => {
      const done = await evening()
      world.clock.tick((DAYS + 1) * DAY_MS)
      await fold(world.context, DAYS)
      return done
    }

    test('a late visit is taken in, stands beside the counts, and is added to them once', async () => {
      await folded()
      const late = knock('202', 'met')
      await apply(member, late)
      expect(await liveEvents()).toEqual(['visit'])
      // Its author may still say something of it.
      world.clock.tick((DAYS - 1) * DAY_MS)
      expect(await fold(world.context, DAYS)).toMatchObject({ visits: 0 })
      world.clock.tick(2 * DAY_MS)
      expect(await fold(world.context, DAYS)).toEqual({ places: 1, visits: 1, events: 1 })
      expect(await tally()).toMatchObject({ folds: 2, visits: 3, voided: 1, members: { [memberId()]: { visits: 3 } } })
      expect(await liveEvents()).toEqual([])
    })

    test('[SYNC-2] a visit that is sent again after its round was folded has its old answer and counts no more', async () => {
      const { met, empty } = await folded()
      const late = knock('202', 'met')
      await apply(member, late)
      world.clock.tick((DAYS + 1) * DAY_MS)
      await fold(world.context, DAYS)
      const before = await tally()
      const again = await world.push(member, [met, empty, late])
      expect(again).toMatchObject([
        { result: 'applied', again: true },
        { result: 'applied', again: true },
        { result: 'applied', again: true },
      ])
      expect(await liveEvents()).toEqual([])
      world.clock.tick((DAYS + 1) * DAY_MS)
      expect(await fold(world.context, DAYS)).toEqual({ places: 0, visits: 0, events: 0 })
      expect(await tally()).toEqual(before)
    })

    test('a late visit is taken back and quizzed as any other', async () => {
      await folded()
      const [first, second] = [knock('202', 'met'), knock('201', 'brief')] as const
      await apply(member, first, second)
      await apply(member, quiz(first), await undo(second))
      world.clock.tick((DAYS + 1) * DAY_MS)
      expect(await fold(world.context, DAYS)).toMatchObject({ visits: 2 })
      expect(await tally()).toMatchObject({ visits: 3, voided: 2, items: { 'gz2023/q1': { asked: 2, correct: 2 } } })
    })

    test('an undo of a visit that was folded is told why it cannot be', async () => {
      const { empty, met } = await folded()
      const before = await tally()
      expect(await world.push(member, [await undo(empty), quiz(met)])).toMatchObject([
        { result: 'refused', code: 'round_closed' },
        { result: 'refused', code: 'round_closed' },
      ])
      expect(await tally()).toEqual(before)
      const elsewhere = {
        visitId: mintId('no', 'visit'),
        stairwellId: street.stairwellIds[1],
        doorId: mintId('d', 'd'),
      }
      const own = officer.command('visit/void', elsewhere, now())
      expect(await world.push(officer, [own])).toMatchObject([{ result: 'refused', code: 'not_found' }])
    })

    test('[SYNC-6] a cursor from before two folds reads what a phone reads that was never here', async () => {
      const started = await pull(officer)
      await folded()
      await apply(member, knock('202', 'met'))
      world.clock.tick((DAYS + 1) * DAY_MS)
      await fold(world.context, DAYS)
      await apply(member, knock('201', 'met'))
      const scope = `s:${street.stairwellIds[0]}`
      const inScope = ({ changes }: SyncAnswer) =>
        changes.filter((change) => change.scope === scope && change.body).sort((a, b) => (a.id < b.id ? -1 : 1))
      const later = inScope(await pull(officer, started))
      const fresh = inScope(await pull(officer)).filter(({ kind }) => kind !== 'stairwell')
      expect(later.filter(({ kind }) => kind !== 'stairwell')).toEqual(fresh)
      // The counts come first: what stands beside them came after.
      expect(
        later
          .map(({ kind, clock }) => [clock, kind] as const)
          .sort(([a], [b]) => a - b)
          .at(-1)![1],
      ).toBe('visit')
      expect(fresh.map(({ kind }) => kind).sort()).toEqual(['folded', 'visit'])
    })

    test('two servers that fold at once fold it once', async () => {
      await evening()
      world.clock.tick((DAYS + 1) * DAY_MS)
      const both = await Promise.all([fold(world.context, DAYS), fold(world.context, DAYS)])
      expect(both.reduce((sum, { visits }) => sum + visits, 0)).toBe(3)
      expect(await tally()).toMatchObject({ folds: 1, visits: 2, voided: 1 })
    })
  })
})
