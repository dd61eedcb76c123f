import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StorageTrouble } from '../../sync-server/storage/StorageTrouble.ts'
import { type Street, type WireDevice, WireWorld } from '../harness/wireWorld.ts'

const folder = mkdtempSync(join(tmpdir(), 'damage-'))
const file = join(folder, 'qiaomen.sqlite')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Overwrites the first page of a table and of its index. */
function spoil(table: string): void {
  const database = new DatabaseSync(file)
  database.exec('pragma wal_checkpoint(truncate)')
  const size = Number(database.prepare('pragma page_size').get()?.['page_size'])
  const roots = database.prepare('select rootpage from sqlite_master where tbl_name = ? and rootpage > 0').all(table)
  database.close()
  const handle = openSync(file, 'r+')
  for (const { rootpage } of roots) writeSync(handle, Buffer.alloc(size, 0xa5), 0, size, (Number(rootpage) - 1) * size)
  closeSync(handle)
}

describe('a damaged page', () => {
  let world: WireWorld
  let officer: WireDevice
  let street: Street
  const troubles: StorageTrouble[] = []

  const visit = () => {
    const where = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label: '101' }
    return officer.command('visit/record', { ...where, outcome: 'met', sessionId: null })
  }

  beforeAll(async () => {
    world = await WireWorld.open({ file })
    officer = await world.enter({ role: 'officer' })
    street = await world.street(officer)
    await world.push(officer, [visit()])
    await world.sync(officer, [], { pull: true })
    await world.close()
    spoil('projection')
    world = await WireWorld.open({ file, onDamage: (trouble) => troubles.push(trouble) })
  })
  afterAll(() => world.close())

  test('refuses the push that meets it, tells the operator once, and from then on nothing is written', async () => {
    expect(world.context.storage.isDamaged()).toBe(false)
    const before = readFileSync(file)
    for (let time = 0; time < 3; time++) {
      const push = await world.post('/api/sync', officer.request([visit()]), { cookie: officer.cookie })
      expect(push.statusCode).toBe(503)
      expect(push.json()).toMatchObject({ code: 'storage_unavailable' })
      expect(Number(push.headers['retry-after'])).toBeGreaterThan(0)
    }
    expect(troubles.map(({ code }) => code)).toEqual(['corrupt'])
    expect(world.context.storage.isDamaged()).toBe(true)
    const writing = world.db.insertInto('setting').values({ name: 'x', value: 'y' }).execute()
    await expect(writing).rejects.toMatchObject({ name: 'StorageTrouble', code: 'read_only' })
    expect((await world.get('/readyz')).statusCode).toBe(503)
    expect((await world.get('/metrics')).body).toMatch(/^qiaomen_storage_damaged 1$/m)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('[SYNC-4] what is sound can still be read, also by a phone that says that things wait on it', async () => {
    expect((await world.get('/api/me', { cookie: officer.cookie })).statusCode).toBe(200)
    const pulled = await world.sync(officer, [], { pull: true, unsent: 2 })
    expect(pulled.changes.length).toBeGreaterThan(5)
  })
})
