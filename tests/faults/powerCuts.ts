import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Answer } from '../../src/protocol/sync.ts'
import { openStorage } from '../../sync-server/storage/openStorage.ts'
import { startServer } from '../harness/startServer.ts'
import { seededRng } from '../harness/world.ts'
import { type Cut, Disk } from './Disk.ts'
import { type Fault, must } from './Fault.ts'
import { FaultPhone } from './FaultPhone.ts'
import { derivedFaults, mustBeWhole, type Oracle } from './Oracle.ts'
import { freshQuarter, makeFolder, type Quarter } from './quarter.ts'
import { rowsIn } from './Rows.ts'
import { startMaybePlanted } from './startPlanted.ts'
import { type ServerEvent, traceServer } from './traceServer.ts'

const FILES = ['qiaomen.sqlite', 'qiaomen.sqlite-wal']
/** A control is caught within so many, or the cuts prove nothing. */
const CONTROL_CUTS = 12
const CUTS: readonly Cut[] = ['nothing', 'torn', 'sectors']

interface Recorded {
  quarter: Quarter
  disk: Disk
  events: ServerEvent[]
  phones: FaultPhone[]
}

interface Figures {
  cuts: number
  fsyncs: number
  pendingWrites: number
  checkpointed: number
}

/** One life of a server under load, with everything that it wrote, synced and said; it ends with a kill. */
async function record(oracle: Oracle, cycles: number, control: string | null): Promise<Recorded> {
  const quarter = await freshQuarter()
  const server = await startMaybePlanted(quarter.dataDir, control)
  const phones = await Promise.all(
    quarter.members.map((member) => FaultPhone.open(member, quarter, oracle, server.url)),
  )
  const trace = await traceServer(server.pid)
  const disk = Disk.of(quarter.dataDir, FILES)
  const push = async (phone: FaultPhone) => {
    phone.plainAnswers = true
    for (let cycle = 0; cycle < cycles; cycle++) {
      await phone.knock(3)
      const trouble = await phone.sync()
      if (trouble) throw trouble
    }
  }
  await Promise.all(phones.map(push))
  await server.stop('SIGKILL')
  const events = await trace.end(quarter.dataDir)
  return { quarter, disk, events, phones }
}

/** The moments at which the power goes: half of them just before an fsync, when most is at stake. */
function moments(events: readonly ServerEvent[], count: number, seed: number): number[] {
  const rng = seededRng(seed)
  const syncs = events.flatMap((event, at) => (event.kind === 'sync' ? [at] : []))
  const chosen = Array.from({ length: count }, (_, nth) =>
    nth % 2 === 0 && syncs.length > 0
      ? syncs[Math.floor(rng.next() * syncs.length)]!
      : Math.floor(rng.next() * events.length),
  )
  return chosen.sort((a, b) => a - b)
}

/**
 * Cuts the power at random moments of one recorded life. What was said on the network before the cut must be in the
 * database that comes up from what the disk had kept by then.
 */
export async function cutRounds(oracle: Oracle, cuts: number, seed: number, control: string | null = null) {
  const { quarter, disk, events, phones } = await record(oracle, Math.max(6, Math.ceil(cuts / 4)), control)
  const rng = seededRng(seed)
  const figures: Figures = { cuts: 0, fsyncs: 0, pendingWrites: 0, checkpointed: 0 }
  const told = new Map<string, Answer>()
  let next = 0
  for (const at of moments(events, cuts, seed)) {
    for (; next < at; next++) take(events[next]!, disk, told, figures)
    figures.cuts++
    figures.pendingWrites += disk.pending
    const folder = makeFolder()
    disk.leave(folder, CUTS[figures.cuts % CUTS.length]!, rng)
    await comeUp(folder)
    const rows = await rowsIn(folder)
    const found = oracle.find(rows, new Map(told))
    found.doubled.push(...derivedFaults(rows))
    mustBeWhole(found, `after cut ${figures.cuts}`)
    rmSync(folder, { recursive: true })
  }
  for (; next < events.length; next++) take(events[next]!, disk, told, figures)
  must(told.size >= oracle.acknowledged.size, `${oracle.acknowledged.size} acknowledged, ${told.size} seen on the wire`)
  await goOn(disk, quarter, phones, oracle)
  return figures
}

function take(event: ServerEvent, disk: Disk, told: Map<string, Answer>, figures: Figures): void {
  if (event.kind === 'said') {
    for (const { again: _again, ...answer } of event.answers) told.set(answer.id, answer)
    return
  }
  disk.apply(event)
  if (event.kind !== 'sync') return
  figures.fsyncs++
  if (event.file.endsWith('.sqlite')) figures.checkpointed++
}

/** Opens what a power cut left as the server would, and asks SQLite whether it is sound. */
async function comeUp(folder: string): Promise<void> {
  const storage = await openStorage({ dataDir: folder })
  await storage.close()
  const database = new DatabaseSync(join(folder, 'qiaomen.sqlite'))
  const [said] = database.prepare('pragma integrity_check').all()
  database.close()
  must(said?.['integrity_check'] === 'ok', `integrity_check: ${JSON.stringify(said)}`)
}

/** The last cut is lived through: a server on what is left, and the phones send what it does not know. */
async function goOn(disk: Disk, quarter: Quarter, phones: FaultPhone[], oracle: Oracle): Promise<void> {
  disk.leave(quarter.dataDir, 'nothing', seededRng(0))
  rmSync(join(quarter.dataDir, 'qiaomen.sqlite-shm'), { force: true })
  const server = await startServer(quarter.dataDir)
  for (const phone of phones) {
    phone.url = server.url
    await phone.knock(2)
    await phone.drain()
    phone.close()
  }
  mustBeWhole(oracle.findAll(await rowsIn(quarter.dataDir)), 'after the last cut')
  await server.stop()
}

function control(name: string): Fault {
  return {
    name: `control: ${name}, planted, is caught by power cuts`,
    async run(oracle) {
      try {
        await cutRounds(oracle, CONTROL_CUTS, 2, name)
      } catch (error) {
        must(/[1-9]\d* lost/.test(String(error)), String(error))
        return `caught: ${(error as Error).message}`
      }
      throw new Error(`${CONTROL_CUTS} power cuts caught nothing`)
    },
  }
}

export const powerCutFaults: readonly Fault[] = [
  {
    name: 'power cut, at the last fsync, within a write and among its sectors',
    async run(oracle, { powerCuts }) {
      const { cuts, fsyncs, pendingWrites, checkpointed } = await cutRounds(oracle, powerCuts, 1)
      must(pendingWrites > cuts, 'hardly anything was at stake')
      return (
        `${cuts} cuts among ${fsyncs} fsyncs, ${checkpointed} of them of a checkpoint; ${pendingWrites} writes at stake; ` +
        `${oracle.acknowledged.size} acknowledged, ${oracle.lookedFor} looked for: 0 lost, 0 doubled`
      )
    },
  },
  control('synchronous=NORMAL'),
  control('synchronous=OFF'),
]
