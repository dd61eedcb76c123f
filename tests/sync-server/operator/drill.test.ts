import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mintId, sha256Hex } from '../../../src/domain/hash.ts'
import { mintErasureId } from '../../../src/domain/erasures.ts'
import type { Invite } from '../../../src/domain/records/invite.ts'
import { openBond, type Member, type Role } from '../../../src/domain/records/member.ts'
import { mintStairwellId, type Stairwell } from '../../../src/domain/records/stairwell.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import { newRecordId } from '../../../sync-server/identity/token.ts'
import { backupTo } from '../../../sync-server/operator/backupTo.ts'
import { restoreFrom } from '../../../sync-server/operator/restoreFrom.ts'
import { verify } from '../../../sync-server/operator/verify.ts'
import { FORMER_MS } from '../../../sync-server/epoch.ts'
import { readRecovery } from '../../../sync-server/recovery.ts'
import { readSettings } from '../../../sync-server/settings.ts'
import { createContext, firstCommunity, makeEntryLink, startServer, type Running } from '../../../sync-server/start.ts'
import { readRange, readRecords } from '../../../sync-server/storage/records.ts'
import { databaseRows } from '../../harness/databaseHash.ts'
import { admit, openHttpPhone, type HttpPhone } from '../../harness/httpPhone.ts'
import { createDatabase } from '../../harness/postgres.ts'

const folder = mkdtempSync(join(tmpdir(), 'drill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Two texts that name somebody: one that the backup holds, one that is younger than it. */
const OLD_TEXT = '找三楼张阿姨开门'
const YOUNG_TEXT = '钥匙在李伯那里'
const OUTCOMES: readonly Outcome[] = ['met', 'brief', 'notHome', 'postponed', 'refused']
const rng = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) }

describe.each(['sqlite', 'postgres'] as const)('the drill on %s', (kind) => {
  let environment: Record<string, string>
  let running: Running
  let community: string
  let dropDatabase = async () => {}
  const phones: HttpPhone[] = []

  const start = async () => {
    const settings = readSettings(environment)
    const context = await createContext(settings)
    community = await firstCommunity(context)
    running = await startServer(settings, context, join(folder, 'no-app'))
  }

  beforeEach(async () => {
    environment = { DATA_DIR: mkdtempSync(join(folder, 'data-')), PORT: '0' }
    if (kind === 'postgres') {
      const database = await createDatabase()
      dropDatabase = database.drop
      environment['DATABASE_URL'] = database.url
    }
    await start()
  })
  afterEach(async () => {
    for (const phone of phones.splice(0)) phone.close()
    await running.close()
    await dropDatabase()
  })

  const phone = async (role: Role, team: string | null, name: string): Promise<HttpPhone> => {
    const secret = await makeEntryLink(running.context, community, { role, team })
    const person = { secret, name, community: '石榴桥社区', deviceName: '测试机' }
    const opened = await openHttpPhone(() => running.url, await admit(running.url, '/api/enter', person))
    phones.push(opened)
    return opened
  }

  /** Everything but the data folder's journal is gone. */
  const destroy = async () => {
    await running.close()
    if (kind === 'postgres') {
      const client = new pg.Client({ connectionString: environment['DATABASE_URL'] })
      await client.connect()
      await client.query('drop schema public cascade')
      await client.query('create schema public')
      await client.end()
    }
    const data = environment['DATA_DIR']!
    for (const name of readdirSync(data)) if (name.startsWith('qiaomen.sqlite')) rmSync(join(data, name))
    expect(existsSync(join(data, 'journal.ndjson'))).toBe(true)
  }

  const recordsOf = async <T>(kindName: string, ids: readonly string[]): Promise<T[]> => {
    const rows = await readRecords(
      running.context.storage.db,
      community,
      ids.map((id) => ({ kind: kindName, id })),
    )
    return rows.filter((row) => !row.deleted).map((row) => JSON.parse(row.body) as T)
  }

  test('[SYNC-8] [SYNC-14] 500 commands after the backup: 0 missing, revoked stays revoked, erased stays erased', async () => {
    const officer = await phone('officer', null, '专员')
    const secondOfficer = await phone('officer', null, '另一位专员')
    await officer.sync()
    const [roundId, teamId] = [newRecordId(rng), newRecordId(rng)]
    await officer.save('round/save', {
      roundId,
      baseRevision: 0,
      number: 1,
      name: '首轮',
      startsOn: '2026-11-01',
      state: 'open',
    })
    await officer.save('team/save', { teamId, baseRevision: 0, name: '一队' })
    const labels = ['101', '102', '201', '202', '301', '302']
    const doors = labels.map((label, at) => ({ label, level: Number(label[0]), kind: 'home' as const, column: at % 2 }))
    const floors = [1, 2, 3].map((level) => ({ level, label: String(level) }))
    const stairwellIds: string[] = []
    for (const building of ['1栋', '2栋']) {
      await officer.save('roster/import-stairwell', { estate: '', building, stairwell: '', floors, doors })
      const stairwellId = mintStairwellId(community, '', building, '')
      stairwellIds.push(stairwellId)
      await officer.save('assignment/save', {
        roundId,
        stairwellId,
        teamId,
        baseRevision: 0,
        memberIds: [],
        leaseUntil: null,
      })
    }
    await officer.sync()
    const leader = await phone('leader', teamId, '队长')
    const author = await phone('member', teamId, '写备注的人')
    const lost = await phone('member', teamId, '丢了手机的人')
    const leaver = await phone('member', teamId, '要走的人')
    const knockers = [leader, author, await phone('member', teamId, '甲'), await phone('member', teamId, '乙')]
    const [oldHouse, youngHouse] = stairwellIds as [string, string]
    for (const each of [...knockers, lost, leaver, secondOfficer]) await each.sync()
    await author.save('stairwell/access-note', { stairwellId: oldHouse, baseRevision: 0, note: OLD_TEXT })
    await author.sync()
    const inviteSecret = `${newRecordId(rng)}${newRecordId(rng)}`
    const invited = { role: 'member' as const, teamId, codeHash: null, label: '', minutes: 60 * 24 }
    await officer.save('invite/create', { ...invited, secretHash: sha256Hex(inviteSecret) })
    await officer.sync()
    for (const each of [...knockers, lost, leaver]) await each.sync()

    const backup = mkdtempSync(join(folder, 'backup-'))
    await backupTo(backup, environment)

    // — Five hundred more, and what a restore must never undo. —
    const wanted: string[] = []
    let count = 0
    const knock = async (by: HttpPhone) => {
      const [stairwellId, label] = [stairwellIds[count % 2]!, labels[count % labels.length]!]
      const outcome = OUTCOMES[count++ % OUTCOMES.length]!
      const place = { stairwellId, roundId, level: Number(label[0]), label }
      wanted.push(mintId(await by.save('visit/record', { ...place, outcome, sessionId: null }), '0'))
    }
    for (let at = 0; at < 500; at++) {
      await knock(knockers[at % knockers.length]!)
      if (at % 100 === 99) for (const each of knockers) await each.sync()
    }
    await author.save('stairwell/access-note', { stairwellId: youngHouse, baseRevision: 0, note: YOUNG_TEXT })
    await author.sync()
    const youngInvite = `${newRecordId(rng)}${newRecordId(rng)}`
    const youngInviteCommand = await officer.save('invite/create', { ...invited, secretHash: sha256Hex(youngInvite) })
    await officer.save('member/bond', { memberId: leaver.standing.memberId, role: 'leader', teamId, active: true })
    await officer.sync()
    // The author's phone does not hear of any of this before the server is gone; the second officer's never comes back.
    for (const each of [leader, secondOfficer]) await each.sync()
    await leader.save('stairwell/redact-note', { stairwellId: oldHouse, revision: 1 })
    await leader.sync()
    await secondOfficer.save('stairwell/redact-note', { stairwellId: youngHouse, revision: 1 })
    const lostDevice = { deviceId: lost.standing.deviceId, teamId }
    await secondOfficer.save('device/revoke', lostDevice)
    await secondOfficer.save('member/bond', {
      memberId: leaver.standing.memberId,
      role: 'leader',
      teamId,
      active: false,
    })
    await secondOfficer.sync()
    const newcomer = { name: '新人', deviceName: '新手机' }
    for (const secret of [inviteSecret, youngInvite]) {
      await admit(running.url, '/api/enrol', { ...newcomer, secret: `${community}.${secret}` })
    }
    await expect(lost.sync()).rejects.toMatchObject({ code: 'device_revoked' })

    const recoveryUntil = async () => {
      const answer = (await (await fetch(`${running.url}/readyz`)).json()) as { recoveryUntil: number | null }
      return answer.recoveryUntil
    }
    expect(await recoveryUntil()).toBeNull()
    await destroy()
    await restoreFrom(backup, environment)
    await start()

    const { db } = running.context.storage
    // Before any phone has come back: the journal alone keeps them out.
    await expect(lost.sync()).rejects.toMatchObject({ code: 'device_revoked' })
    expect((await databaseRows(db)).join('\n')).not.toContain('张阿姨')
    const window = (await readRecovery(db, community, Date.now()))!
    expect(window.missing.map(({ deviceId }) => deviceId)).toContain(author.standing.deviceId)
    expect(await recoveryUntil()).toBe(window.restoredAt + FORMER_MS)
    expect(window.missing.map(({ deviceId }) => deviceId)).not.toContain(lost.standing.deviceId)
    const inUse = [author, ...knockers, officer]
    for (const each of [...inUse, ...inUse]) await each.sync()

    const visits = (
      await Promise.all(stairwellIds.map((id) => readRange(db, community, `s:${id}`, 'visit', 5_000)))
    ).flat()
    const present = new Set(visits.map((row) => row.id))
    expect(wanted.filter((id) => !present.has(id))).toEqual([])
    expect([wanted.length, visits.length]).toEqual([500, 500])
    await expect(lost.sync()).rejects.toMatchObject({ code: 'device_revoked' })
    for (const secret of [inviteSecret, youngInvite]) {
      const again = admit(running.url, '/api/enrol', { ...newcomer, secret: `${community}.${secret}` })
      await expect(again).rejects.toThrow('invite_dead')
    }
    expect(await recordsOf<Invite>('invite', [mintId(youngInviteCommand, '0')])).toMatchObject([{ state: 'used' }])
    const [left] = await recordsOf<Member>('member', [leaver.standing.memberId])
    expect(openBond(left!)).toBeUndefined()
    for (const { accessNote, accessNoteErased } of await recordsOf<Stairwell>('stairwell', stairwellIds)) {
      expect([accessNote, accessNoteErased]).toEqual(['', true])
    }
    expect(
      await recordsOf(
        'erasure',
        stairwellIds.map((id) => mintErasureId('accessNote', id)),
      ),
    ).toHaveLength(2)
    const everything = [await databaseRows(db), ...(await Promise.all(inUse.map(dump)))].flat().join('\n')
    expect(everything).not.toMatch(/张阿姨|李伯/)
    for (const each of inUse) expect(await each.database.outbox.count()).toBe(0)
    const silent = (await readRecovery(db, community, Date.now()))!.missing.map(({ deviceId }) => deviceId)
    expect(silent.sort()).toEqual([leaver, secondOfficer].map(({ standing }) => standing.deviceId).sort())
    expect((await verify(environment)).value).toMatchObject({ ok: true })
    // A note that is written now stands, on top of everything that was erased.
    await author.save('stairwell/access-note', { stairwellId: youngHouse, baseRevision: 2, note: '按门铃' })
    await author.sync()
    expect(await recordsOf<Stairwell>('stairwell', [youngHouse])).toMatchObject([{ accessNote: '按门铃' }])
  }, 40_000)
})

/** Every row of every table of a phone, as text. */
async function dump({ database }: HttpPhone): Promise<string[]> {
  const tables = await Promise.all(database.tables.map((table) => table.toArray()))
  return tables.flat().map((row) => JSON.stringify(row))
}
