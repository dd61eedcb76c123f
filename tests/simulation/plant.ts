/**
 * Plants one defect: `node --import ./plant.ts main.ts` with SIMULATION_DEFECT naming it. The product's source is changed
 * as Node loads it and nowhere else, and an edit whose text does not stand in its file exactly once ends the run, so that
 * a defect cannot quietly become no defect at all.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { DEFECTS } from './defects.ts'

const name = process.env['SIMULATION_DEFECT']
const defect = DEFECTS.find((candidate) => candidate.name === name)
if (!defect) throw new Error(`there is no defect "${String(name)}"`)
const open = new Set(defect.edits)

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const edits = defect.edits.filter(({ file }) => url.startsWith('file:') && fileURLToPath(url).endsWith(`/${file}`))
    if (edits.length === 0) return loaded
    let source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    for (const edit of edits) {
      if (source.split(edit.find).length !== 2) throw new Error(`"${edit.find}" does not stand once in ${edit.file}`)
      source = source.replace(edit.find, () => edit.put)
      open.delete(edit)
    }
    return { ...loaded, source }
  },
})

process.once('exit', () => {
  for (const { file } of open) console.error(`the defect in ${file} was never loaded`)
  if (open.size > 0) process.exitCode = 3
})
