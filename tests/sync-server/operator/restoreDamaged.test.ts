import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { backupTo } from '../../../sync-server/operator/backupTo.ts'
import { restoreFrom } from '../../../sync-server/operator/restoreFrom.ts'
import { verify } from '../../../sync-server/operator/verify.ts'
import { openStorage, SQLITE_FILE } from '../../../sync-server/storage/openStorage.ts'
import { readRange } from '../../../sync-server/storage/records.ts'
import { spoil } from '../../harness/spoil.ts'
import { createWorld } from '../../harness/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'restore-damaged-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(['record', 'clock', 'journal', 'projection'])(
  'a database whose %s is damaged is set aside, and the backup takes its place',
  async (table) => {
    const [dataDir, backup] = [mkdtempSync(join(folder, 'data-')), mkdtempSync(join(folder, 'backup-'))]
    const environment = { DATA_DIR: dataDir }
    const world = await createWorld({ storage: await openStorage({ dataDir }) })
    const officer = await world.phone({ role: 'officer' })
    const terms = { baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' as const }
    await officer.sync()
    await officer.commit('round/save', { roundId: world.newId(), ...terms })
    await officer.sync()
    await backupTo(backup, environment)
    await world.close()
    spoil(join(dataDir, SQLITE_FILE), table)

    const { value, lines } = await restoreFrom(backup, environment)
    expect(lines[0]).toContain('damaged')
    expect(readFileSync((value as { aside: string }).aside).length).toBeGreaterThan(0)
    expect((await verify(environment)).value).toMatchObject({ ok: true })
    const storage = await openStorage({ dataDir })
    expect(await readRange(storage.db, world.community, 'c', 'round', 10)).toHaveLength(1)
    await storage.close()
  },
)
