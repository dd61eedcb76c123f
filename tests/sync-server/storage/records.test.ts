import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeAll, expect, it } from 'vitest'
import type { Storage } from '../../../sync-server/storage/openStorage.ts'
import {
  advanceClock,
  backfillAfter,
  changesAfter,
  insertCommands,
  lastClockOf,
  lockClock,
  putHeld,
  putLane,
  putProjections,
  putRecords,
  readClock,
  readCommands,
  readLane,
  readProjections,
  readRange,
  readRecords,
  type ScopeFilter,
  startClock,
  takeHeld,
} from '../../../sync-server/storage/records.ts'
import type { RecordRow } from '../../../sync-server/storage/tables.ts'
import { onEachDatabase } from './eachDatabase.ts'

type Row = Omit<RecordRow, 'community'>

const aRow = (over: Partial<Row> = {}): Row => ({
  kind: 'visit',
  id: 'v1',
  scope: 's:one',
  clock: 1,
  deleted: 0,
  body: '{"id":"v1"}',
  ...over,
})

const aCommand = (id: string) => ({
  id,
  hash: 'h',
  device: 'd',
  member: 'm',
  incarnation: 'i',
  n: 1,
  verb: 'visit/record',
  receivedAt: 1_700_000_000_000,
  answer: '{"result":"applied"}',
})

const aHeld = (id: string) => ({
  id,
  device: 'd',
  member: 'm',
  n: 1,
  raw: '{"verb":"from/the-future"}',
  why: 'unknownVersion',
  receivedAt: 5,
  effectiveAt: 4,
})

/** Texts that have broken somebody's database, template or screen. */
const HOSTILE = [
  "Robert'); drop table record;--",
  '"quoted" \\ back\\\\slash \\n \\u0041',
  'a text about \\u0000 in six harmless letters',
  '{{7*7}} ${7*7} <img src=x onerror=alert(1)>',
  '\u202e翻转\u202c 敲门 👨‍👩‍👧‍👦 𠮷野家',
  'e\u0301 is not é',
  '\u2028\u2029\ufeff\u0001\u001f\u007f',
  '?1 $1 :name @p %s',
  '中'.repeat(10_000),
]

onEachDatabase((place) => {
  let storage: Storage
  let communities = 0
  beforeAll(async () => {
    storage = await place.open(await place.empty())
  })

  async function aCommunity(rows: readonly Row[] = []): Promise<string> {
    const community = `community-${communities++}`
    await storage.transaction(async (trx) => {
      await startClock(trx, community, 'epoch-1')
      await putRecords(trx, community, rows)
    })
    return community
  }

  it('a clock starts at 0, only goes forward, and starting it again changes nothing', async () => {
    const community = await aCommunity()
    await storage.transaction(async (trx) => {
      expect(await lockClock(trx, community)).toEqual({ clock: 0, epoch: 'epoch-1' })
      await advanceClock(trx, community, 7)
      await startClock(trx, community, 'epoch-2')
    })
    expect(await readClock(storage.db, community)).toEqual({ clock: 7, epoch: 'epoch-1' })
    for (const clock of [7, 6]) {
      const back = storage.transaction((trx) => advanceClock(trx, community, clock))
      await expect(back).rejects.toMatchObject({ code: 'clock_backwards' })
    }
    await storage.transaction(async (trx) => expect(await lockClock(trx, 'nowhere')).toBeNull())
    expect(await readClock(storage.db, 'nowhere')).toBeNull()
  })

  it('records are found by key, tombstones too, and never in another community', async () => {
    const rows = [aRow(), aRow({ id: 'v2', clock: 2, deleted: 1, body: 'null' }), aRow({ kind: 'session', clock: 3 })]
    const community = await aCommunity(rows)
    const other = await aCommunity([aRow({ body: '{"id":"theirs"}' })])
    const keys = [...rows, aRow({ id: 'absent' })]
    const found = await readRecords(storage.db, community, keys)
    expect(found.sort((a, b) => a.clock - b.clock)).toEqual(rows.map((row) => ({ community, ...row })))
    expect(await readRecords(storage.db, other, [aRow()])).toMatchObject([{ body: '{"id":"theirs"}' }])
    expect(await readRecords(storage.db, community, [])).toEqual([])
  })

  it('putting a record again replaces its clock, body and deletion', async () => {
    const community = await aCommunity([aRow()])
    const later = aRow({ clock: 9, deleted: 1, body: 'null' })
    await storage.transaction((trx) => putRecords(trx, community, [later, aRow({ id: 'v2', clock: 10 })]))
    expect(await readRecords(storage.db, community, [later])).toEqual([{ community, ...later }])
  })

  it('a record that would change its scope, and a key that comes twice, undo everything', async () => {
    const community = await aCommunity([aRow()])
    const put = (rows: Row[]) => storage.transaction((trx) => putRecords(trx, community, rows))
    const fresh = aRow({ id: 'v9', clock: 9 })
    await expect(put([fresh, aRow({ scope: 's:two', clock: 10 })])).rejects.toMatchObject({ code: 'scope_changed' })
    await expect(put([fresh, aRow({ id: 'v9', clock: 10 })])).rejects.toMatchObject({ code: 'key_twice' })
    expect(await readRecords(storage.db, community, [fresh, aRow()])).toEqual([{ community, ...aRow() }])
  })

  it('[SYNC-6] two rows of one community never share a clock', async () => {
    const community = await aCommunity([aRow()])
    const twin = storage.transaction((trx) => putRecords(trx, community, [aRow({ id: 'v2', clock: 1 })]))
    await expect(twin).rejects.toMatchObject({ name: 'StatementFault', code: 'not_unique' })
  })

  it('a range holds the live rows of one kind in one scope, by id, up to a limit', async () => {
    const community = await aCommunity([
      aRow({ id: 'c', clock: 1 }),
      aRow({ id: 'a', clock: 2 }),
      aRow({ id: 'b', clock: 3, deleted: 1 }),
      aRow({ id: 'd', clock: 4, kind: 'session' }),
      aRow({ id: 'e', clock: 5, scope: 's:two' }),
      aRow({ id: 'f', clock: 6 }),
    ])
    const ids = async (limit: number) =>
      (await readRange(storage.db, community, 's:one', 'visit', limit)).map((row) => row.id)
    expect(await ids(10)).toEqual(['a', 'c', 'f'])
    expect(await ids(2)).toEqual(['a', 'c'])
  })

  it('the last clock of some kinds counts tombstones and is 0 without any', async () => {
    const community = await aCommunity([
      aRow({ kind: 'member', id: 'm', clock: 4 }),
      aRow({ kind: 'assignment', id: 'a', clock: 6, deleted: 1 }),
      aRow({ clock: 8 }),
    ])
    expect(await lastClockOf(storage.db, community, ['member', 'assignment'])).toBe(6)
    expect(await lastClockOf(storage.db, community, ['member'])).toBe(4)
    expect(await lastClockOf(storage.db, community, ['team'])).toBe(0)
    expect(await lastClockOf(storage.db, community, [])).toBe(0)
  })

  it('hostile texts come back as they went in, as JSON and inside it', async () => {
    const rows = HOSTILE.map((text, index) =>
      aRow({ id: `v${index}`, clock: index + 1, body: JSON.stringify({ text, [text]: text }) }),
    )
    const community = await aCommunity(rows)
    const found = await readRange(storage.db, community, 's:one', 'visit', 100)
    expect(found.map((row) => row.body)).toEqual(rows.map((row) => row.body))
    const read = await storage.db
      .selectFrom('record')
      .select(sql<string>`body ->> 'text'`.as('text'))
      .where('community', '=', community)
      .orderBy('clock')
      .execute()
    expect(read.map((row) => row.text)).toEqual(HOSTILE)
    const names = await aCommunity(HOSTILE.map((id, index) => aRow({ id: id.slice(0, 600), clock: index + 1 })))
    expect(await readRecords(storage.db, names, HOSTILE.map((id) => ({ kind: 'visit', id: id.slice(0, 600) })))).toHaveLength(HOSTILE.length) // prettier-ignore
  })

  it('any well-formed text without U+0000 survives', async () => {
    const community = await aCommunity([aRow()])
    let clock = 1
    const text = fc.string({ unit: 'binary', maxLength: 80 }).filter((value) => !value.includes('\0'))
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const body = JSON.stringify({ id: 'v1', value })
        await storage.transaction((trx) => putRecords(trx, community, [aRow({ clock: ++clock, body })]))
        expect(await readRecords(storage.db, community, [aRow()])).toMatchObject([{ body }])
      }),
      { numRuns: 60, seed: 7 },
    )
  })

  it('U+0000 and lone surrogates are refused before the database, plain or escaped in JSON', async () => {
    const community = await aCommunity()
    const bad = ['a\0b', '\ud800', 'x\udc00y']
    const attempts = bad.flatMap((text) => [
      aRow({ id: text }),
      aRow({ scope: text }),
      aRow({ body: JSON.stringify({ text }) }),
      aRow({ body: JSON.stringify({ deep: [{ [text]: 1 }] }) }),
    ])
    for (const row of attempts) {
      const put = storage.transaction((trx) => putRecords(trx, community, [row]))
      await expect(put).rejects.toMatchObject({ name: 'StatementFault', code: 'bad_text' })
    }
    const projected = storage.transaction((trx) =>
      putProjections(trx, community, 'facade', [{ id: 'f', body: '"\\u0000"' }]),
    )
    await expect(projected).rejects.toMatchObject({ code: 'bad_text' })
    expect(await changesAfter(storage.db, community, { kind: 'all', own: [] }, 0, 10, 10)).toEqual([])
  })

  it('integers are exact up to 2^53 and refused past it', async () => {
    const community = await aCommunity([aRow({ clock: Number.MAX_SAFE_INTEGER })])
    const [row] = await readRecords(storage.db, community, [aRow()])
    expect(row?.clock).toBe(9_007_199_254_740_991)
    const counted = await sql<{ n: number }>`select count(*) as n from record where community = ${community}`.execute(
      storage.db,
    )
    expect(counted.rows).toEqual([{ n: 1 }])
    const past = sql`select cast(9007199254740993 as bigint) as n`.execute(storage.db)
    await expect(past).rejects.toMatchObject({ name: 'StatementFault', code: 'number_too_large' })
    const summed = await sql<{ n: number }>`select sum(clock) as n from record where community = ${community}`.execute(
      storage.db,
    )
    expect(summed.rows).toEqual([{ n: 9_007_199_254_740_991 }])
  })

  it('5,000 rows, commands and keys go through one call each', async () => {
    const rows = Array.from({ length: 5_000 }, (_, index) => aRow({ id: `v${index}`, clock: index + 1 }))
    const community = await aCommunity(rows)
    await storage.transaction(async (trx) => {
      await insertCommands(
        trx,
        community,
        rows.map(({ id }) => aCommand(id)),
      )
      await putHeld(
        trx,
        community,
        rows.map(({ id }) => aHeld(id)),
      )
      await putProjections(
        trx,
        community,
        'facade',
        rows.map(({ id, body }) => ({ id, body })),
      )
    })
    const ids = rows.map((row) => row.id)
    expect(await readRecords(storage.db, community, rows)).toHaveLength(5_000)
    expect(await readCommands(storage.db, community, ids)).toHaveLength(5_000)
    expect(await readProjections(storage.db, community, 'facade', ids)).toHaveLength(5_000)
    await storage.transaction(async (trx) => expect(await takeHeld(trx, community, ids)).toHaveLength(5_000))
  })

  it('[SYNC-2] a command id is taken in once, and is found with its answer for ever', async () => {
    const community = await aCommunity()
    const insert = (ids: string[]) => storage.transaction((trx) => insertCommands(trx, community, ids.map(aCommand)))
    await insert(['a', 'b'])
    await expect(insert(['c', 'b'])).rejects.toMatchObject({ name: 'StatementFault', code: 'not_unique' })
    expect(await readCommands(storage.db, community, ['b', 'c'])).toEqual([
      { community, ...aCommand('b'), carrier: null },
    ])
    expect(await readCommands(storage.db, 'elsewhere', ['a'])).toEqual([])
    expect(await readCommands(storage.db, community, [])).toEqual([])
  })

  it('a lane remembers its last n per incarnation', async () => {
    const community = await aCommunity()
    expect(await readLane(storage.db, community, 'd', 'one')).toBeNull()
    await storage.transaction(async (trx) => {
      await putLane(trx, community, 'd', 'one', 3)
      await putLane(trx, community, 'd', 'two', 1)
      await putLane(trx, community, 'd', 'one', 8)
    })
    expect(await readLane(storage.db, community, 'd', 'one')).toBe(8)
    expect(await readLane(storage.db, community, 'd', 'two')).toBe(1)
  })

  it('a held payload is taken out once, and stays when the transaction fails', async () => {
    const community = await aCommunity()
    await storage.transaction((trx) => putHeld(trx, community, [aHeld('h1'), aHeld('h2')]))
    const failing = storage.transaction(async (trx) => {
      await takeHeld(trx, community, ['h1'])
      throw new Error('the rule threw')
    })
    await expect(failing).rejects.toThrow('the rule threw')
    const take = (ids: string[]) => storage.transaction((trx) => takeHeld(trx, community, ids))
    expect(await take(['h1', 'absent'])).toEqual([{ community, ...aHeld('h1') }])
    expect(await take(['h1'])).toEqual([])
    expect(await take(['h2'])).toHaveLength(1)
  })

  it('projections are replaced whole', async () => {
    const community = await aCommunity()
    const put = (id: string, body: string) =>
      storage.transaction((trx) => putProjections(trx, community, 'facade', [{ id, body }]))
    await put('f1', '{"lit":1}')
    await put('f1', '{"lit":2}')
    expect(await readProjections(storage.db, community, 'facade', ['f1', 'f2'])).toEqual([
      { community, kind: 'facade', id: 'f1', body: '{"lit":2}' },
    ])
    expect(await readProjections(storage.db, community, 'tally', ['f1'])).toEqual([])
  })

  it('[SYNC-6] feeds give exactly the rows of the scopes, once each, whatever the page size', async () => {
    // Deterministic and uneven: prime strides spread kinds, scopes and deletions over 2,000 rows.
    const scopes = ['c', 'o', 'm:1', 'm:2', 'p:1', 'p:2', 'd:1', 'd:2', 's:a', 's:B', 's:é', 't:1']
    const rows = Array.from({ length: 2_000 }, (_, index) =>
      aRow({
        kind: ['visit', 'session', 'doNotKnock'][(index * 7) % 3] ?? '',
        id: `${['a', 'B', 'é', '中', '_'][(index * 11) % 5]}${(index * 7919) % 2_000}`,
        scope: scopes[(index * 13) % scopes.length] ?? '',
        clock: index + 1,
        deleted: index % 17 === 0 ? 1 : 0,
      }),
    )
    const community = await aCommunity(rows)
    await aCommunity(rows)
    const filters: ScopeFilter[] = [
      { kind: 'named', scopes: ['s:a'] },
      { kind: 'named', scopes: ['c', 'm:1', 'p:1', 'd:1', 's:é', 's:B', 'nowhere'] },
      { kind: 'named', scopes: [] },
      { kind: 'all', own: [] },
      { kind: 'all', own: ['p:1', 'd:1'] },
    ]
    const within = (filter: ScopeFilter, scope: string) =>
      filter.kind === 'named' ? filter.scopes.includes(scope) : filter.own.includes(scope) || !/^[pd]:/.test(scope)
    for (const filter of filters) {
      for (const [after, upTo, limit] of [
        [0, 2_000, 97],
        [0, 2_000, 5_000],
        [900, 1_100, 13],
        [1_500, 1_500, 10],
      ] as const) {
        const paged: RecordRow[] = []
        for (let at: number = after; ;) {
          const page = await changesAfter(storage.db, community, filter, at, upTo, limit)
          paged.push(...page)
          if (page.length < limit) break
          at = page.at(-1)?.clock ?? upTo
        }
        const wanted = rows.filter((row) => row.clock > after && row.clock <= upTo && within(filter, row.scope))
        expect(paged.map((row) => row.clock)).toEqual(wanted.map((row) => row.clock))
      }
      const keyOf = ({ scope, kind, id }: Row) => Buffer.from(`${scope}\0${kind}\0${id}`).toString('hex')
      const wanted = rows.filter((row) => row.deleted === 0 && within(filter, row.scope)).map(keyOf)
      const paged: RecordRow[] = []
      for (let at: RecordRow | null = null; ;) {
        const page: RecordRow[] = await backfillAfter(storage.db, community, filter, at, 89)
        paged.push(...page)
        if (page.length < 89) break
        at = page.at(-1) ?? null
      }
      expect(paged.map(keyOf)).toEqual(wanted.sort())
    }
  })
})
