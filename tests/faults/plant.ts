/** `node --import ./plant.ts main.ts` with FAULT_CONTROL naming what is planted in the server. */
import { plantEdits } from '../harness/plantEdits.ts'
import { CONTROLS } from './controls.ts'

const edits = CONTROLS[process.env['FAULT_CONTROL'] ?? '']
if (!edits) throw new Error(`there is no control "${String(process.env['FAULT_CONTROL'])}"`)
plantEdits(edits)
