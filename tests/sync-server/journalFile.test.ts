import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { JournalFile, journalPath, readJournalFile } from '../../sync-server/JournalFile.ts'
import { readJournal } from '../../sync-server/storage/journal.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'
import { WireWorld, type WireDevice } from '../harness/wireWorld.ts'

onEachDatabase((place) => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  const worlds: WireWorld[] = []
  afterAll(async () => {
    for (const world of worlds) await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function begin() {
    const world = await WireWorld.open(await place.empty())
    worlds.push(world)
    const officer = await world.enter({ role: 'officer' })
    const { teamIds } = await world.street(officer)
    const revoke = async (phone: WireDevice) => {
      const [answer] = await world.push(officer, [
        officer.command('device/revoke', { deviceId: phone.id, teamId: teamIds[0] }),
      ])
      expect(answer).toMatchObject({ result: 'applied' })
    }
    const phone = () => world.enter({ role: 'member', team: teamIds[0] })
    return { world, revoke, phone, dataDir: mkdtempSync(join(folder, 'data-')) }
  }

  test('[SYNC-14] what is revoked stands in the file after its commit, and says no name', async () => {
    const { world, revoke, phone, dataDir } = await begin()
    const file = await JournalFile.follow(dataDir, world.context)
    const [first, second] = [await phone(), await phone()]
    await revoke(first)
    await revoke(second)
    await file.settled()
    const entries = await readJournalFile(journalPath(dataDir))
    expect(entries).toEqual(await readJournal(world.db, world.community))
    expect(entries.map(({ kind, id, body }) => ({ kind, id, body: JSON.parse(body) as unknown }))).toEqual(
      [first, second].map(({ id }) => ({ kind: 'device', id, body: { state: 'revoked' } })),
    )
    expect(readFileSync(journalPath(dataDir), 'utf8')).not.toContain(first.standing.name)
  })

  test('[SYNC-14] a file that a crash cut off, or that is gone, is made whole at the next start', async () => {
    const { world, revoke, phone, dataDir } = await begin()
    for (let count = 0; count < 3; count++) await revoke(await phone())
    const all = await readJournal(world.db, world.community)
    expect(all).toHaveLength(3)
    await JournalFile.follow(dataDir, world.context)
    expect(await readJournalFile(journalPath(dataDir))).toEqual(all)
    const whole = readFileSync(journalPath(dataDir), 'utf8')
    for (const kept of ['', whole.slice(0, -20), whole.slice(0, whole.length >> 1)]) {
      writeFileSync(journalPath(dataDir), kept)
      await JournalFile.follow(dataDir, world.context)
      const found = await readJournalFile(journalPath(dataDir))
      expect(found.sort((left, right) => left.clock - right.clock)).toEqual(all)
    }
  })
})
