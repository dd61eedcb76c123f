import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Transaction } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../sync-server/storage/openStorage.ts'
import * as records from '../../../sync-server/storage/records.ts'
import type { Tables } from '../../../sync-server/storage/tables.ts'
import { aCommandRow } from '../../factories/aCommandRow.ts'
import { createDatabase } from '../../harness/postgres.ts'
import { onEachDatabase, postgresPlace, sqlitePlace } from './eachDatabase.ts'

type Trx = Transaction<Tables>

const COMMUNITY = 'community-1'
const row = { kind: 'visit', id: 'v1', scope: 's:one', clock: 2, deleted: 0, body: '{}' }
const command = aCommandRow()
const held = { id: 'a', device: 'd', member: 'm', n: 1, raw: '{}', why: 'w', receivedAt: 1, effectiveAt: 1 }
const manyScopes: records.ScopeFilter = { kind: 'named', scopes: ['c', 'm:1', 'p:1', 's:one', 's:two'] }
const oneScope: records.ScopeFilter = { kind: 'named', scopes: ['s:one'] }
const everything: records.ScopeFilter = { kind: 'all', own: ['p:1', 'd:1'] }

/** A call of each exported function, and the index that each of its statements must range over. */
const CALLS: Record<keyof typeof records, readonly [call: (trx: Trx) => Promise<unknown>, index: RegExp][]> = {
  startClock: [[(trx) => records.startClock(trx, COMMUNITY, 'e'), /^$/]],
  lockClock: [[(trx) => records.lockClock(trx, COMMUNITY), /clock_1 \(community=\?\)/]],
  readClock: [[(trx) => records.readClock(trx, COMMUNITY), /clock_1 \(community=\?\)/]],
  advanceClock: [[(trx) => records.advanceClock(trx, COMMUNITY, 9), /clock_1 \(community=\?\)/]],
  putRecords: [[(trx) => records.putRecords(trx, COMMUNITY, [row]), /^$/]],
  readRecords: [
    [
      (trx) => records.readRecords(trx, COMMUNITY, [row, { kind: 'session', id: 's1' }]),
      /autoindex_record_1 \(community=\? AND kind=\? AND id=\?\)/,
    ],
  ],
  readRange: [
    [
      (trx) => records.readRange(trx, COMMUNITY, 's:one', 'visit', 10),
      /record_byScopeKind \(community=\? AND scope=\? AND kind=\?\)/,
    ],
  ],
  readKindAfter: [
    [
      (trx) => records.readKindAfter(trx, COMMUNITY, 'invite', 'a', 10),
      /autoindex_record_1 \(community=\? AND kind=\? AND id>\?\)/,
    ],
  ],
  lastClockOf: [
    [
      (trx) => records.lastClockOf(trx, COMMUNITY, ['member', 'assignment']),
      /COVERING INDEX record_byKindClock \(community=\? AND kind=\?\)/,
    ],
  ],
  changesAfter: [
    [
      (trx) => records.changesAfter(trx, COMMUNITY, manyScopes, 5, 90, 10),
      /record_byClock \(community=\? AND clock>\? AND clock<\?\)/,
    ],
    [
      (trx) => records.changesAfter(trx, COMMUNITY, manyScopes, 5, 90_000, 10),
      /record_byScopeClock \(community=\? AND scope=\? AND clock>\? AND clock<\?\)/,
    ],
    [
      (trx) => records.changesAfter(trx, COMMUNITY, everything, 5, 90_000, 10),
      /record_byClock \(community=\? AND clock>\? AND clock<\?\)/,
    ],
  ],
  backfillAfter: [
    [
      (trx) => records.backfillAfter(trx, COMMUNITY, oneScope, null, 10),
      /record_byScopeKind \(community=\? AND scope=\?\)/,
    ],
    [
      (trx) => records.backfillAfter(trx, COMMUNITY, oneScope, row, 10),
      /record_byScopeKind \(community=\? AND scope=\? AND \(kind,id\)>\(\?,\?\)\)/,
    ],
    [
      (trx) => records.backfillAfter(trx, COMMUNITY, manyScopes, row, 10),
      /record_byScopeKind \(community=\? AND scope=\?\)/,
    ],
    [
      (trx) => records.backfillAfter(trx, COMMUNITY, everything, row, 10),
      /record_byScopeKind \(community=\? AND \(scope,kind,id\)>\(\?,\?,\?\)\)/,
    ],
  ],
  findInvites: [
    [(trx) => records.findInvites(trx, COMMUNITY, 'secretHash', 'h'), /INDEX \w+ \(community=\? AND kind=\?\)/],
  ],
  insertCommands: [[(trx) => records.insertCommands(trx, COMMUNITY, [command]), /^$/]],
  readCommands: [
    [(trx) => records.readCommands(trx, COMMUNITY, ['a', 'b']), /autoindex_command_1 \(community=\? AND id=\?\)/],
  ],
  putLane: [[(trx) => records.putLane(trx, COMMUNITY, 'd', 'i', 1), /^$/]],
  readLane: [
    [
      (trx) => records.readLane(trx, COMMUNITY, 'd', 'i'),
      /autoindex_lane_1 \(community=\? AND device=\? AND incarnation=\?\)/,
    ],
  ],
  putHeld: [[(trx) => records.putHeld(trx, COMMUNITY, [held]), /^$/]],
  takeHeld: [[(trx) => records.takeHeld(trx, COMMUNITY, ['a', 'b']), /autoindex_held_1 \(community=\? AND id=\?\)/]],
  putProjections: [[(trx) => records.putProjections(trx, COMMUNITY, 'facade', [{ id: 'f', body: '{}' }]), /^$/]],
  readProjections: [
    [
      (trx) => records.readProjections(trx, COMMUNITY, 'facade', ['f', 'g']),
      /autoindex_projection_1 \(community=\? AND kind=\? AND id=\?\)/,
    ],
  ],
}

interface Statement {
  sql: string
  parameters: readonly unknown[]
}

/** The statements of one call, without the transaction's own. */
async function statementsOf(storage: Storage, heard: Statement[], call: (trx: Trx) => Promise<unknown>) {
  heard.length = 0
  await storage.transaction(call)
  return heard.filter(({ sql }) => !/^(begin|commit|rollback)/.test(sql))
}

onEachDatabase((place) => {
  it('every statement of the sync path names the community, and each call costs one', async () => {
    const heard: Statement[] = []
    const log = (sql: string, parameters: readonly unknown[]) => heard.push({ sql, parameters })
    const storage = await place.open({ ...(await place.empty()), log })
    for (const [name, calls] of Object.entries(CALLS)) {
      for (const [call] of calls) {
        const statements = await statementsOf(storage, heard, call)
        expect(statements, name).toHaveLength(1)
        for (const { sql, parameters } of statements) {
          expect(sql, name).toMatch(/"community" = [?$]|insert into "\w+" \([^)]*"community"/)
          expect(parameters, name).toContain(COMMUNITY)
          expect(sql, name).not.toMatch(/\bjoin\b/i)
        }
      }
    }
  })
})

describe('on SQLite', () => {
  const place = sqlitePlace()

  it('every statement walks the one index range that was made for it, never a whole table', async () => {
    const heard: Statement[] = []
    const options = await place.empty()
    const log = (sql: string, parameters: readonly unknown[]) => heard.push({ sql, parameters })
    const storage = await place.open({ ...options, log })
    const planner = new DatabaseSync(join(options.dataDir ?? '', 'qiaomen.sqlite'))
    for (const [name, calls] of Object.entries(CALLS)) {
      for (const [call, index] of calls) {
        for (const { sql, parameters } of await statementsOf(storage, heard, call)) {
          const plan = planner.prepare(`explain query plan ${sql}`).all(...(parameters as SQLInputValue[]))
          const steps = plan.map((step) => String(step['detail'])).filter((step) => /^(SEARCH|SCAN \w+$)/.test(step))
          expect(steps.join('\n'), name).toMatch(index)
          for (const step of steps) expect(step, name).toMatch(/^SEARCH \w+ USING/)
        }
      }
    }
    planner.close()
  })
})

describe('on PostgreSQL', () => {
  const place = postgresPlace()

  it('keys page in the order of their bytes even where the whole database collates in Chinese', async () => {
    const { url, drop } = await createDatabase('zh-CN')
    const storage = await place.open({ databaseUrl: url })
    const ids = ['中', 'a', 'é', 'B', '_', 'ä', 'A', '阿', 'b', '1', '翁', 'Z']
    await storage.transaction((trx) =>
      records.putRecords(
        trx,
        COMMUNITY,
        ids.map((id, index) => ({ ...row, id, clock: index + 1 })),
      ),
    )
    const paged: string[] = []
    for (let after: typeof row | null = null; ;) {
      const [next] = await records.backfillAfter(storage.db, COMMUNITY, oneScope, after, 1)
      if (!next) break
      paged.push(next.id)
      after = next
    }
    expect(paged).toEqual(ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    await storage.close()
    await drop()
  })
})
