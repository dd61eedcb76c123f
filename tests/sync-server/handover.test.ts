import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/domain/hash.ts'
import type { Visit } from '../../src/domain/records/visit.ts'
import type { CarriedAnswer, CarriedPart, HandoverHeader } from '../../src/protocol/handover.ts'
import type { SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { insertCommands, readCommands, readLane, readRange, readRecords } from '../../sync-server/storage/records.ts'
import { aCommandRow } from '../factories/aCommandRow.ts'
import { databaseHash, databaseRows } from '../harness/databaseHash.ts'
import { sealPart } from '../harness/sealPart.ts'
import { deviceOf, freshId, WireWorld, type Street, type WireDevice } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

/** A phone that may seal: a device with the key that its first page told it. */
interface Sealing {
  device: WireDevice
  key: string
}

onEachDatabase((place) => {
  describe('hand-over', () => {
    let world: WireWorld
    let officer: WireDevice
    let street: Street
    let recorder: Sealing
    let carrier: WireDevice
    let revoked: Sealing

    beforeAll(async () => {
      const options = await place.empty()
      world = await WireWorld.open(options)
      officer = await world.enter({ role: 'officer' })
      street = await world.street(officer)
      const teamId = street.teamIds[0]
      recorder = await sealing(await world.enter({ role: 'member', team: teamId, name: '陈姐' }))
      carrier = await world.enter({ role: 'member', team: teamId, name: '阿明' })
      revoked = await sealing(await world.enter({ role: 'member', team: teamId }))
      await world.push(officer, [officer.command('device/revoke', { deviceId: revoked.device.id, teamId })])
      return () => world.close()
    })

    const page = (device: WireDevice, cursor: string | null) => world.sync(device, [], { cursor, pull: true })
    async function sealing(device: WireDevice): Promise<Sealing> {
      const { handoverKey } = await page(device, null)
      return { device, key: handoverKey! }
    }

    const headerOf = ({ device }: Sealing, change: Partial<HandoverHeader> = {}): HandoverHeader => {
      const at = world.clock.now()
      const whose = { community: world.community, device: device.id, member: device.standing.memberId }
      const rest = { incarnation: device.incarnation, epoch: null, at, from: at, until: at }
      return { ...whose, ...rest, waiting: 1, held: 0, refused: 0, parts: 1, coding: 'gzip', ...change }
    }
    const visit = (device: WireDevice, label: string, more: Record<string, unknown> = {}): WireCommand => {
      const door = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label }
      return device.command('visit/record', { ...door, outcome: 'met', sessionId: null }, more)
    }
    const partOf = (from: Sealing, commands: unknown[], change: Partial<HandoverHeader> = {}, index = 0) =>
      sealPart(from.key, headerOf(from, change), { commands, refused: [] }, { index })

    async function bring(by: WireDevice, carried: CarriedPart): Promise<CarriedAnswer | undefined> {
      return (await world.sync(by, [], { carried })).carried
    }
    const visitsOf = async (stairwellId: string): Promise<Visit[]> => {
      const rows = await readRange(world.db, world.community, `s:${stairwellId}`, 'visit', 1_000)
      return rows.map((row) => JSON.parse(row.body) as Visit)
    }

    test('[SYNC-13] the key is told on the page that a download begins with, to each device its own', async () => {
      const first = await page(recorder.device, null)
      expect(first.handoverKey).toBe(recorder.key)
      expect(first.handoverKey).toMatch(/^[A-Za-z0-9_-]{43}$/)
      const second = await page(recorder.device, first.cursor)
      expect(second).not.toHaveProperty('handoverKey')
      const { handoverKey } = await page(carrier, null)
      expect(handoverKey).not.toBe(recorder.key)
      // It is made anew each time and lies nowhere.
      expect((await databaseRows(world.db)).join('\n')).not.toContain(recorder.key)
    })

    test('[SYNC-13] what a teammate brings counts once, as its recorder’s, and leaves the lane alone', async () => {
      const commands = ['101', '102'].map((label) => visit(recorder.device, label))
      const part = partOf(recorder, commands)
      expect(await bring(carrier, part)).toEqual({ result: 'taken', applied: 2, held: 0, refused: 0 })
      const visits = await visitsOf(street.stairwellIds[0])
      const mine = visits.filter(({ recordedBy }) => recordedBy === recorder.device.standing.memberId)
      expect(mine.map(({ label }) => label).sort()).toEqual(['101', '102'])
      const rows = await readCommands(
        world.db,
        world.community,
        commands.map(({ id }) => id),
      )
      const whose = { device: recorder.device.id, member: recorder.device.standing.memberId, carrier: carrier.id }
      expect(rows).toHaveLength(2)
      for (const row of rows) expect(row).toMatchObject(whose)
      const { incarnation, id } = recorder.device
      expect(await readLane(world.db, world.community, id, incarnation)).toBeNull()

      const before = await databaseHash(world.db)
      expect(await bring(carrier, part)).toEqual({ result: 'taken', applied: 2, held: 0, refused: 0 })
      expect(await bring(officer, part)).toEqual({ result: 'taken', applied: 2, held: 0, refused: 0 })
      expect(await databaseHash(world.db)).toBe(before)

      const answers = await world.push(recorder.device, commands)
      expect(answers).toMatchObject([
        { result: 'applied', again: true },
        { result: 'applied', again: true },
      ])
      expect(await readLane(world.db, world.community, id, incarnation)).toBe(2)
      const next = await world.push(recorder.device, [visit(recorder.device, '201')])
      expect(next).toMatchObject([{ result: 'applied' }])
    })

    test('[SYNC-13] what a phone said of its own unsent work stands until it speaks again', async () => {
      const from = await sealing(await world.enter({ role: 'member', team: street.teamIds[0] }))
      await world.sync(from.device, [], { unsent: 5 })
      const reports = async () => {
        const rows = await readRecords(world.db, world.community, [{ kind: 'deviceReport', id: from.device.id }])
        return rows.map((row) => JSON.parse(row.body) as unknown)
      }
      expect(await reports()).toMatchObject([{ unsent: 5 }])
      const before = await reports()
      expect(await bring(carrier, partOf(from, [visit(from.device, '801')]))).toMatchObject({ applied: 1 })
      expect(await reports()).toEqual(before)
    })

    test('[SYNC-13] recorder and three carriers at once: one effect', async () => {
      const from = await sealing(await world.enter({ role: 'member', team: street.teamIds[0] }))
      const commands = Array.from({ length: 20 }, (_unused, index) => visit(from.device, `9${index}`))
      const part = partOf(from, commands)
      const own = from.device.request(commands)
      const all = await Promise.all([
        bring(carrier, part),
        bring(officer, part),
        bring(recorder.device, part),
        world.post('/api/sync', own, { cookie: from.device.cookie }).then((answer) => answer.json<SyncAnswer>()),
      ])
      expect(all.slice(0, 3)).toEqual(Array(3).fill({ result: 'taken', applied: 20, held: 0, refused: 0 }))
      expect((all[3] as SyncAnswer).answers.map(({ result }) => result)).toEqual(Array(20).fill('applied'))
      const visits = await visitsOf(street.stairwellIds[0])
      const theirs = visits.filter(({ recordedBy }) => recordedBy === from.device.standing.memberId)
      expect(theirs).toHaveLength(20)
    })

    test('[SYNC-13] a refusal is told and not stored; what its author had given up is not asked', async () => {
      const from = await sealing(await world.enter({ role: 'member', team: street.teamIds[0] }))
      const nowhere = from.device.command('visit/record', {
        ...{ stairwellId: freshId(), roundId: street.roundId, level: 1, label: '101', outcome: 'met', sessionId: null },
      })
      const givenUp = visit(from.device, '102')
      const before = await databaseHash(world.db)
      const part = sealPart(from.key, headerOf(from), { commands: [nowhere], refused: [givenUp] })
      expect(await bring(carrier, part)).toEqual({ result: 'taken', applied: 0, held: 0, refused: 2 })
      expect(await databaseHash(world.db)).toBe(before)
      expect(await world.push(from.device, [nowhere])).toEqual([
        { id: nowhere.id, result: 'refused', code: 'not_found' },
      ])
    })

    test('[SYNC-13] a phone that nobody has confirmed brings nothing and may seal nothing', async () => {
      const teamId = street.teamIds[0]
      const secret = freshId() + freshId()
      const terms = { role: 'member', teamId, memberId: null, codeHash: null, label: '', minutes: 60 }
      await world.push(officer, [officer.command('invite/create', { ...terms, secretHash: sha256Hex(secret) })])
      const asked = { secret: `${world.community}.${secret}`, name: '新人', deviceName: '测试机' }
      const pending = deviceOf(await world.post('/api/enrol', asked))
      const before = await databaseHash(world.db)
      const answer = await world.sync(pending, [], { carried: partOf(recorder, [visit(recorder.device, '401')]) })
      expect(answer).not.toHaveProperty('carried')
      expect(answer).not.toHaveProperty('handoverKey')
      expect(await databaseHash(world.db)).toBe(before)
    })

    /** What no honest phone sends, or no phone that may: each is answered the same, and nothing is written. */
    const FORGERIES: [story: string, make: () => CarriedPart | Promise<CarriedPart>][] = [
      ['sealed with a made-up key', () => partOf({ ...recorder, key: 'A'.repeat(43) }, [one()])],
      [
        'sealed with the carrier’s own key',
        async () => partOf({ ...recorder, key: (await sealing(carrier)).key }, [one()]),
      ],
      ['another device in the header', () => altered({ device: carrier.id })],
      ['another member in the header', () => altered({ member: carrier.standing.memberId })],
      [
        'the carrier’s own name over a true seal',
        () => altered({ device: carrier.id, member: carrier.standing.memberId }),
      ],
      ['another count in the header', () => altered({ waiting: 99 })],
      ['another time in the header', () => altered({ at: 0 })],
      ['another incarnation in the header', () => altered({ incarnation: freshId() })],
      ['another number of parts', () => altered({ parts: 2 })],
      ['another place among the parts', () => ({ ...partOf(recorder, [one()], { parts: 2 }), index: 1 })],
      ['a place that is none', () => partOf(recorder, [one()], {}, 1)],
      ['a device that nobody knows', () => partOf({ ...recorder }, [one()], { device: freshId() })],
      ['another community', () => partOf(recorder, [one()], { community: freshId() })],
      ['a true seal over somebody else’s name', () => partOf(recorder, [one()], { member: carrier.standing.memberId })],
      ['a revoked recorder', () => partOf(revoked, [visit(revoked.device, '301')])],
      ['a truncated part', () => shortened(20)],
      ['one character less', () => shortened(1)],
      ['no list of commands', () => sealPart(recorder.key, headerOf(recorder), { refused: [] })],
      ['no list of refused ones', () => sealPart(recorder.key, headerOf(recorder), { commands: [one()] })],
      ['a list alone', () => sealPart(recorder.key, headerOf(recorder), [one()])],
      ['null', () => sealPart(recorder.key, headerOf(recorder), null)],
      ['a command without an id', () => partOf(recorder, [one(), { n: 1 }])],
      ['a command without a number', () => partOf(recorder, [{ ...one(), n: 0 }])],
      ['501 commands', () => partOf(recorder, Array.from({ length: 501 }, one))],
      ['no gzip', () => sealPart(recorder.key, headerOf(recorder), Buffer.from('{"commands":[],"refused":[]}'))],
      ['two gzip members', () => sealPart(recorder.key, headerOf(recorder), Buffer.concat([packed(), packed()]))],
      [
        'something behind its end',
        () => sealPart(recorder.key, headerOf(recorder), Buffer.concat([packed(), packed().subarray(0, 3)])),
      ],
      ['a bomb', () => sealPart(recorder.key, headerOf(recorder), gzipSync(Buffer.alloc(8 * 2 ** 20)))],
      ['no UTF-8', () => sealPart(recorder.key, headerOf(recorder), gzipSync(Buffer.from([0x22, 0xff, 0x22])))],
      [
        'a key that comes twice',
        () => sealPart(recorder.key, headerOf(recorder), gzipSync('{"commands":[],"commands":[],"refused":[]}')),
      ],
      [
        'deeper than a request may be',
        () => partOf(recorder, [{ ...one(), args: JSON.parse('['.repeat(9) + ']'.repeat(9)) as unknown }]),
      ],
    ]
    const one = () => visit(recorder.device, '301', { n: 1 })
    const packed = () => gzipSync('{"commands":[],"refused":[]}')
    const altered = (change: Partial<HandoverHeader>): CarriedPart => {
      const part = partOf(recorder, [one()])
      return { ...part, header: { ...part.header, ...change } }
    }
    const shortened = (by: number): CarriedPart => {
      const part = partOf(recorder, [one()])
      return { ...part, sealed: part.sealed.slice(0, -by) }
    }

    test.each(FORGERIES)('[SYNC-13] %s: refused whole, nothing changed', async (_story, make) => {
      const part = await make()
      const before = await databaseHash(world.db)
      expect(await bring(carrier, part)).toEqual({ result: 'refused' })
      expect(await databaseHash(world.db)).toBe(before)
    })

    test('[SYNC-13] a phone of another community brings nothing here', async () => {
      const community = await world.otherCommunity()
      const stranger = await world.enter({ role: 'officer', community })
      const part = partOf(recorder, [one()])
      const before = await databaseHash(world.db)
      expect(await bring(stranger, part)).toEqual({ result: 'refused' })
      expect(await bring(stranger, { ...part, header: { ...part.header, community } })).toEqual({ result: 'refused' })
      expect(await databaseHash(world.db)).toBe(before)
    })

    test('[SYNC-13] one changed byte anywhere in a part: refused, nothing changed', async () => {
      const part = partOf(recorder, [one()])
      const bytes = Buffer.from(part.sealed, 'base64url')
      const before = await databaseHash(world.db)
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
          const bad = Buffer.from(bytes)
          bad[at] = bad[at]! ^ flip
          expect(await bring(carrier, { ...part, sealed: bad.toString('base64url') })).toEqual({ result: 'refused' })
        }),
        { numRuns: 60 },
      )
      expect(await databaseHash(world.db)).toBe(before)
    })

    test('[SYNC-13] whatever else somebody writes into the request is no request, or refused', async () => {
      const before = await databaseHash(world.db)
      const good = partOf(recorder, [one()])
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...(Object.keys(good.header) as (keyof HandoverHeader)[])),
          fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.constant({}), fc.double()),
          async (field, value) => {
            fc.pre(value !== good.header[field])
            const carried = { ...good, header: { ...good.header, [field]: value } }
            const answer = await world.post('/api/sync', carrier.request([], { carried }), { cookie: carrier.cookie })
            if (answer.statusCode === 200) expect(answer.json<SyncAnswer>().carried).toEqual({ result: 'refused' })
            else expect(answer.json()).toMatchObject({ status: 400 })
          },
        ),
        { numRuns: 60 },
      )
      expect(await databaseHash(world.db)).toBe(before)
    })

    test('a server of before writes its commands beside those that were brought', async () => {
      const id = freshId()
      await world.context.storage.transaction((trx) => insertCommands(trx, world.community, [aCommandRow(id)]))
      expect(await readCommands(world.db, world.community, [id])).toMatchObject([{ id, carrier: null }])
    })
  })
})
