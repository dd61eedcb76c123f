/**
 * `node tests/bench/pokes.ts`: what a batch of one command costs on PostgreSQL without the poke relay, with it, and, for
 * comparison, with a NOTIFY inside the transaction that writes. Real server module, real PostgreSQL, one community. Not a
 * test: docs/performance.md says what came out once.
 */
import { sql } from 'kysely'
import { commitBatch } from '../../sync-server/commitBatch.ts'
import { PokeRelay } from '../../sync-server/PokeRelay.ts'
import { startPostgres } from '../harness/postgres.ts'
import { WireWorld } from '../harness/wireWorld.ts'

const ROUNDS = 5
const BATCHES = 100
const WRITERS = 4
type Way = 'alone' | 'relayed' | 'inside'

const postgres = await startPostgres()
const world = await WireWorld.open({ databaseUrl: postgres.url })
const officer = await world.enter({ role: 'officer' })
const street = await world.street(officer)
const devices = await Promise.all(
  Array.from({ length: WRITERS }, () => world.enter({ role: 'member', team: street.teamIds[0] })),
)
const plain = world.context.storage.transaction.bind(world.context.storage)

async function measure(way: Way): Promise<number> {
  const relay = way === 'relayed' ? new PokeRelay(postgres.url, world.context) : null
  if (way === 'inside') {
    world.context.storage.transaction = (run) =>
      plain(async (trx) => {
        const value = await run(trx)
        await sql`select pg_notify('qiaomen_poke', 'inside')`.execute(trx)
        return value
      })
  }
  const begun = performance.now()
  await Promise.all(
    devices.map(async (device) => {
      for (let n = 0; n < BATCHES; n++) {
        const visit = { stairwellId: street.stairwellIds[0], roundId: street.roundId, level: 1, label: '101' }
        const args = { ...visit, outcome: 'met', sessionId: null }
        const command = device.command('visit/record', args, { claimedAt: world.clock.now() })
        const who = { community: world.community, deviceId: device.id, memberId: device.standing.memberId }
        const commands = [{ n: command.n, id: command.id, raw: command }]
        await commitBatch(world.context, { ...who, incarnation: device.incarnation, commands, unsent: 0 })
      }
    }),
  )
  const perBatch = (performance.now() - begun) / (BATCHES * WRITERS)
  await relay?.close()
  world.context.storage.transaction = plain
  return perBatch
}

const figures: Record<Way, number[]> = { alone: [], relayed: [], inside: [] }
await measure('alone')
for (let round = 0; round < ROUNDS; round++) {
  for (const way of ['alone', 'relayed', 'inside'] as const) figures[way].push(await measure(way))
}
for (const [way, all] of Object.entries(figures)) {
  const sorted = all.sort((left, right) => left - right)
  const [least, middle, most] = [0, Math.floor(ROUNDS / 2), ROUNDS - 1].map((at) => sorted[at]!.toFixed(2))
  console.log(`${way.padEnd(8)} ${middle} ms a batch (${least} to ${most})`)
}
await world.close()
await postgres.stop()
