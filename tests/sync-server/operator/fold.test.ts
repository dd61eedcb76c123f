import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backupTo } from '../../../sync-server/operator/backupTo.ts'
import { foldNow } from '../../../sync-server/operator/foldNow.ts'
import { restoreFrom } from '../../../sync-server/operator/restoreFrom.ts'
import { verify } from '../../../sync-server/operator/verify.ts'
import { BadSetting, readSettings } from '../../../sync-server/settings.ts'
import { createDatabase, type TestDatabase } from '../../harness/postgres.ts'
import { WireWorld, type Street, type WireDevice } from '../../harness/wireWorld.ts'

const folder = mkdtempSync(join(tmpdir(), 'fold-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** Long before any grant of these tests. */
const LONG_AGO = Date.UTC(2026, 6, 1, 12)

describe.each(['sqlite', 'postgres'] as const)('[SYNC-12] the operator folds on %s', (kind) => {
  let environment: Record<string, string>
  let world: WireWorld
  let database: TestDatabase | undefined
  let street: Street
  let leader: WireDevice

  beforeEach(async () => {
    environment = { DATA_DIR: mkdtempSync(join(folder, 'data-')) }
    if (kind === 'postgres') environment['DATABASE_URL'] = (database = await createDatabase()).url
    await open()
    const officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
    leader = await world.enter({ role: 'leader', team: street.teamIds[0] })
    await world.push(leader, [knock('101'), knock('102')])
    // An evening of last summer, as far as anybody can tell.
    await change('visit', (body) => ({ ...body, visitedAt: LONG_AGO }))
    await change('round', (body) => ({ ...body, state: 'closed', closedAt: LONG_AGO }))
  })
  afterEach(async () => {
    await world.close()
    await database?.drop()
  })

  async function open(): Promise<void> {
    const [databaseUrl, dataDir] = [environment['DATABASE_URL'], environment['DATA_DIR']!]
    world = await WireWorld.open(databaseUrl ? { databaseUrl } : { dataDir })
  }
  const knock = (label: string) => {
    const where = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label }
    return leader.command('visit/record', { ...where, outcome: 'met', sessionId: null })
  }
  async function change(of: string, to: (body: object) => object): Promise<void> {
    const rows = await world.db.selectFrom('record').select(['id', 'body']).where('kind', '=', of).execute()
    for (const { id, body } of rows) {
      const changed = JSON.stringify(to(JSON.parse(body) as object))
      await world.db.updateTable('record').set({ body: changed }).where('kind', '=', of).where('id', '=', id).execute()
    }
  }
  const countOf = async (of: string) =>
    (await world.db.selectFrom('record').select('id').where('kind', '=', of).execute()).length
  /** The façade was drawn at another hour than the visits of these tests now say. */
  const faults = async () =>
    ((await verify(environment)).value as { communities: { faults: string[] }[] }).communities
      .flatMap((community) => community.faults)
      .filter((fault) => !fault.startsWith('façade'))

  test('first in words, then for good; what is folded and what stands are all that was taken in', async () => {
    expect((await foldNow(true, environment)).lines.join()).toContain('would be folded: 1 stairwells')
    expect(await countOf('visit')).toBe(2)
    expect((await foldNow(false, environment)).value).toMatchObject({ days: 90, folded: { places: 1, visits: 2 } })
    expect(await countOf('visit')).toBe(0)
    await world.push(leader, [knock('201')])
    expect(await faults()).toEqual([])
    expect((await verify(environment)).value).toMatchObject({ ok: true, communities: [{ visits: 1, folded: 2 }] })
  })

  test('a visit that is lost on the way into the counts, or counts twice, is found', async () => {
    await foldNow(false, environment)
    await change('folded', (body) => ({ ...body, visits: 1 }))
    expect((await faults()).join()).toMatch(/2 visits were taken in, 0 stand and 1 were folded/)
    await change('folded', (body) => ({ ...body, visits: 2, members: {} }))
    expect((await faults()).join()).toMatch(/counts 2 visits, and its members 0/)
  })

  test('a backup from before the fold brings the events back, and the next fold counts them once', async () => {
    const backups = mkdtempSync(join(folder, 'backup-'))
    await backupTo(backups, environment)
    await foldNow(false, environment)
    const counts = await world.db.selectFrom('record').select('body').where('kind', '=', 'folded').execute()
    await world.close()
    await restoreFrom(backups, environment)
    await open()
    expect(await countOf('visit')).toBe(2)
    expect(await countOf('folded')).toBe(0)
    await foldNow(false, environment)
    const again = await world.db.selectFrom('record').select('body').where('kind', '=', 'folded').execute()
    expect(again).toEqual(counts)
    expect(await faults()).toEqual([])
  })

  test('a backup from after the fold brings the counts back', async () => {
    await foldNow(false, environment)
    const backups = mkdtempSync(join(folder, 'backup-'))
    await backupTo(backups, environment)
    await world.close()
    await restoreFrom(backups, environment)
    await open()
    expect([await countOf('visit'), await countOf('folded')]).toEqual([0, 1])
    expect(await faults()).toEqual([])
  })
})

test('[SYNC-12] how long events are kept is a setting that makes sense', () => {
  expect(readSettings({}).foldAfterDays).toBe(90)
  expect(readSettings({ FOLD_AFTER_DAYS: '365' }).foldAfterDays).toBe(365)
  for (const wrong of ['29', '0', '-1', 'ninety', '90.5']) {
    expect(() => readSettings({ FOLD_AFTER_DAYS: wrong })).toThrow(BadSetting)
  }
})
