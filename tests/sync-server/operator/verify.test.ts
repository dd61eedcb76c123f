import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verify } from '../../../sync-server/operator/verify.ts'
import { createDatabase, type TestDatabase } from '../../harness/postgres.ts'
import { freshId, WireWorld, type Street, type WireDevice } from '../../harness/wireWorld.ts'

const folder = mkdtempSync(join(tmpdir(), 'verify-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(['sqlite', 'postgres'] as const)('verify on %s', (kind) => {
  let environment: Record<string, string>
  let world: WireWorld
  let database: TestDatabase | undefined
  let street: Street
  let leader: WireDevice

  beforeEach(async () => {
    environment = { DATA_DIR: mkdtempSync(join(folder, 'data-')) }
    if (kind === 'postgres') environment['DATABASE_URL'] = (database = await createDatabase()).url
    const [databaseUrl, dataDir] = [environment['DATABASE_URL'], environment['DATA_DIR']!]
    world = await WireWorld.open(databaseUrl ? { databaseUrl } : { dataDir })
    const officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
    leader = await world.enter({ role: 'leader', team: street.teamIds[0] })
    const [stairwellId] = street.stairwellIds
    const sessionCommand = leader.command('session/start', { roundId: street.roundId, partnerIds: [] })
    await world.push(leader, [sessionCommand])
    const where = { stairwellId, roundId: street.roundId, level: 1, label: '101', outcome: 'met' }
    const rows = await world.db.selectFrom('record').selectAll().where('kind', '=', 'session').execute()
    const other = await world.enter({ role: 'member', team: street.teamIds[0] })
    const commands = [
      leader.command('visit/record', { ...where, sessionId: rows[0]!.id }),
      leader.command('stairwell/access-note', { stairwellId, baseRevision: 0, note: '找三楼张阿姨' }),
      leader.command('stairwell/redact-note', { stairwellId, revision: 1 }),
      leader.command('device/revoke', { deviceId: other.id, teamId: street.teamIds[0] }),
    ]
    for (const answer of await world.push(leader, commands)) expect(answer.result).toBe('applied')
  })
  afterEach(async () => {
    await world.close()
    await database?.drop()
  })

  test('a sound database has no faults', async () => {
    expect((await verify(environment)).value).toMatchObject({ ok: true })
  })

  const change = (kindName: string, from: string, to: string) =>
    kind === 'postgres'
      ? sql`update "record" set "body" = replace("body"::text, ${from}, ${to})::json where "kind" = ${kindName}`
      : sql`update "record" set "body" = replace("body", ${from}, ${to}) where "kind" = ${kindName}`

  test.each([
    ['a façade', 'visit', '"outcome":"met"', '"outcome":"refused"', /façade .* differs from its events/],
    ['an evening', 'sessionTally', '"outcome":"met"', '"outcome":"brief"', /evening .* differs from its events/],
    ['a revoked phone', 'device', '"state":"revoked"', '"state":"active"', /device .* was revoked and is active/],
    ['an erased note', 'stairwell', '"accessNote":""', '"accessNote":"张阿姨"', /./],
  ])('%s that is not what it should be is found', async (_what, kindName, from, to, fault) => {
    await change(kindName, from, to).execute(world.db)
    // The note stands at a later revision than the erased one, so it is set back as well.
    if (kindName === 'stairwell')
      await change(kindName, '"accessNoteRevision":2', '"accessNoteRevision":1').execute(world.db)
    const { value } = await verify(environment)
    expect(value).toMatchObject({ ok: false })
    expect(JSON.stringify(value)).toMatch(fault)
  })

  test('a clock that was never given out is found', async () => {
    const row = { kind: 'team', id: freshId(), scope: 'c', deleted: 0, body: '{"id":"x"}', clock: 999_999 }
    await world.db
      .insertInto('record')
      .values({ ...row, community: world.community })
      .execute()
    expect(JSON.stringify((await verify(environment)).value)).toMatch(/clock that was never given out/)
  })
})
