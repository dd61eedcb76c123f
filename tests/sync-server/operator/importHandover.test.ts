import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Visit } from '../../../src/domain/records/visit.ts'
import { writeHandover, type HandoverHeader } from '../../../src/protocol/handover.ts'
import { importHandover } from '../../../sync-server/operator/importHandover.ts'
import { putSetting } from '../../../sync-server/storage/enrolments.ts'
import { readCommands, readRange } from '../../../sync-server/storage/records.ts'
import { databaseHash } from '../../harness/databaseHash.ts'
import { sealPart } from '../../harness/sealPart.ts'
import { freshId, WireWorld, type Street, type WireDevice } from '../../harness/wireWorld.ts'
import { onEachDatabase } from '../storage/eachDatabase.ts'

const folder = mkdtempSync(join(tmpdir(), 'handover-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

onEachDatabase((place) => {
  let world: WireWorld
  let environment: Record<string, string>
  let street: Street
  let recorder: WireDevice
  let key: string
  let officer: WireDevice

  beforeAll(async () => {
    const options = await place.empty()
    const { dataDir, databaseUrl } = options
    environment = { ...(dataDir ? { DATA_DIR: dataDir } : {}), ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) }
    world = await WireWorld.open(options)
    // The command line reads the installation's secret, which this world made up.
    await world.context.storage.transaction((trx) => putSetting(trx, 'cursorSecret', world.context.secret))
    officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
    recorder = await world.enter({ role: 'member', team: street.teamIds[0], name: '陈姐' })
    key = (await world.sync(recorder, [], { pull: true })).handoverKey!
    return () => world.close()
  })

  const visit = (label: string) => {
    const door = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label }
    return recorder.command('visit/record', { ...door, outcome: 'met', sessionId: null })
  }
  const diagnostics = { 'app.version': '0.1.0' }

  function fileOf(groups: unknown[][], sealedBy = key): string {
    const at = world.clock.now()
    const whose = { community: world.community, device: recorder.id, member: recorder.standing.memberId }
    const when = { incarnation: recorder.incarnation, epoch: null, at, from: at, until: at }
    const counts = { waiting: groups.flat().length, held: 0, refused: 0, parts: groups.length }
    const header: HandoverHeader = { ...whose, ...when, ...counts, coding: 'gzip' }
    const parts = groups.map((commands, index) => {
      return sealPart(sealedBy, header, { commands, refused: [] }, { index }).sealed
    })
    return write(writeHandover(header, parts, diagnostics))
  }
  function write(text: string): string {
    const path = join(folder, `${freshId()}.txt`)
    writeFileSync(path, text)
    return path
  }
  async function labels(): Promise<string[]> {
    const rows = await readRange(world.db, world.community, `s:${street.stairwellIds[0]}`, 'visit', 100)
    const visits = rows.map((row) => JSON.parse(row.body) as Visit)
    for (const { recordedBy } of visits) expect(recordedBy).toBe(recorder.standing.memberId)
    return visits.map(({ label }) => label).sort()
  }

  test('[SYNC-13] a dry run tells what lies in the file and writes nothing; then it counts, once', async () => {
    const commands = [visit('101'), visit('102'), visit('201')]
    const path = fileOf([commands.slice(0, 2), commands.slice(2)])
    const before = await databaseHash(world.db)
    const dry = await importHandover(path, true, environment)
    expect(await databaseHash(world.db)).toBe(before)
    const said = { commands: 3, known: 0, givenUp: 0, parts: 2, diagnostics }
    expect(dry.value).toMatchObject({ ...said, dryRun: true, recorder: { name: '陈姐' } })
    const taken = await importHandover(path, false, environment)
    expect(taken.value).toMatchObject({ ...said, dryRun: false, applied: 3, held: 0, refused: 0 })
    expect(await labels()).toEqual(['101', '102', '201'])
    const [row] = await readCommands(world.db, world.community, [commands[0]!.id])
    expect(row).toMatchObject({ device: recorder.id, carrier: 'operator' })
    const after = await databaseHash(world.db)
    expect((await importHandover(path, false, environment)).value).toMatchObject({ known: 3, applied: 3 })
    expect(await databaseHash(world.db)).toBe(after)
    expect(await world.push(recorder, commands)).toMatchObject(Array(3).fill({ result: 'applied', again: true }))
  })

  test('[SYNC-13] whatever is wrong with a file, it is one sentence, and not even its good parts are taken', async () => {
    const [good, late] = [visit('202'), visit('301')]
    recorder.n -= 2
    const { header } = JSON.parse(readFileSync(fileOf([[good], [late]]), 'utf8')) as { header: HandoverHeader }
    const first = sealPart(key, header, { commands: [good], refused: [] }, { index: 0 }).sealed
    const forged = sealPart('A'.repeat(43), header, { commands: [late], refused: [] }, { index: 1 }).sealed
    const before = await databaseHash(world.db)
    const bad = [
      write(writeHandover(header, [first, forged])),
      write(writeHandover(header, [forged, first])),
      fileOf([[good]], 'A'.repeat(43)),
      write(''),
      write(readFileSync(fileOf([[good]]), 'utf8').slice(0, -40)),
      write(writeHandover({ ...header, community: freshId() }, [first, first])),
    ]
    const words = new Set<string>()
    for (const path of bad) {
      await importHandover(path, false, environment).catch((error: Error) =>
        words.add(`${error.name} ${error.message}`),
      )
    }
    expect(words.size).toBe(1)
    expect([...words][0]).toMatch(/^BadHandover 这份文件不能用/)
    expect(await databaseHash(world.db)).toBe(before)
  })

  test('the command line prints one JSON value, and ends with 1 and one line for a file that is none', () => {
    const tool = resolve(import.meta.dirname, '../../../sync-server/operator/qiaomen.ts')
    const run = (path: string) =>
      spawnSync(process.execPath, [tool, 'import-handover', path, '--dry-run', '--json'], {
        env: { PATH: process.env['PATH'], ...environment },
        encoding: 'utf8',
      })
    const good = run(fileOf([[visit('401')]]))
    recorder.n--
    expect(good.status).toBe(0)
    expect(JSON.parse(good.stdout)).toMatchObject({ commands: 1, known: 0, dryRun: true, diagnostics })
    const bad = run(write('{}'))
    expect([bad.status, bad.stdout]).toEqual([1, ''])
    expect(bad.stderr.trim().split('\n')).toHaveLength(1)
  })

  test('[SYNC-13] a phone that was revoked has nothing counted any more', async () => {
    const path = fileOf([[visit('402')]])
    await world.push(officer, [officer.command('device/revoke', { deviceId: recorder.id, teamId: street.teamIds[0] })])
    const before = await databaseHash(world.db)
    await expect(importHandover(path, false, environment)).rejects.toThrow('这份文件不能用')
    expect(await databaseHash(world.db)).toBe(before)
  })
})
