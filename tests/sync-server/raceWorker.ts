/**
 * One of several server processes on one PostgreSQL: says where it listens, and ends when its input closes. With
 * RACE_DEFECT it has that fault: the source is changed as Node loads it and nowhere else, and an edit whose text does not
 * stand in its file exactly once ends the process.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { RACE_DEFECTS } from './raceDefects.ts'

const name = process.env['RACE_DEFECT']
if (name) {
  const defect = RACE_DEFECTS.find((candidate) => candidate.name === name)
  if (!defect) throw new Error(`there is no defect "${name}"`)
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const edits = defect.edits.filter(
        ({ file }) => url.startsWith('file:') && fileURLToPath(url).endsWith(`/${file}`),
      )
      if (edits.length === 0) return loaded
      let source =
        typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source as Uint8Array)
      for (const edit of edits) {
        if (source.split(edit.find).length !== 2) throw new Error(`"${edit.find}" does not stand once in ${edit.file}`)
        source = source.replace(edit.find, () => edit.put)
      }
      return { ...loaded, source }
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
