/**
 * One of several server processes on one PostgreSQL: says where it listens, and ends when its input closes. With
 * RACE_DEFECT it decides before it holds the lock: the source is changed as Node loads it and nowhere else, and an edit
 * whose text does not stand in its file exactly once ends the process.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The first statement reads the clock without locking it; the lock is taken when everything is decided. */
const LATE_LOCK = [
  {
    file: 'sync-server/storage/records.ts',
    find: ".where('community', '=', community).forUpdate()",
    put: ".where('community', '=', community)",
  },
  {
    file: 'sync-server/commitDeed.ts',
    find: '  let clock = from\n',
    put: `  const late = trx.selectFrom('clock').select('clock').where('community', '=', community).forUpdate()
  let clock = Math.max(from, (await late.executeTakeFirstOrThrow()).clock)\n`,
  },
]

if (process.env['RACE_DEFECT']) {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const edit = LATE_LOCK.find(({ file }) => url.startsWith('file:') && fileURLToPath(url).endsWith(`/${file}`))
      if (!edit) return loaded
      const source =
        typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source as Uint8Array)
      if (source.split(edit.find).length !== 2) throw new Error(`"${edit.find}" does not stand once in ${edit.file}`)
      return { ...loaded, source: source.replace(edit.find, () => edit.put) }
    },
  })
}

// Loaded after the hook, or the defect would come too late.
const { readSettings } = await import('../../sync-server/settings.ts')
const { createContext, startServer } = await import('../../sync-server/start.ts')

const settings = readSettings({ DATABASE_URL: process.env['DATABASE_URL'], PORT: '0' })
const running = await startServer(settings, await createContext(settings), '')
process.stdout.write(`${running.url}\n`)
process.stdin.on('end', () => void running.close().then(() => process.exit(0)))
process.stdin.resume()
