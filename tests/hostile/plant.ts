/** `node --import ./plant.ts main.ts` with HOSTILE_FAULT naming what is planted in the server. */
import { plantEdits } from '../harness/plantEdits.ts'
import { PLANTED } from './planted.ts'

const planted = PLANTED.find(({ name }) => name === process.env['HOSTILE_FAULT'])
if (!planted) throw new Error(`there is no fault "${String(process.env['HOSTILE_FAULT'])}"`)
plantEdits(planted.edits)
