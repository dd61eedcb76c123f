import type { Seam } from '../../src/db/seam.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { seededRng } from '../harness/world.ts'
import { copyPlainValuesFast, deafenPages } from './ground.ts'
import { checkPhone, checkQuiet, readTruth } from './invariants.ts'
import { doSomething, planFolds, putBack, settleEverything } from './operations.ts'
import { Scheduler } from './Scheduler.ts'
import type { NetFaults } from './SimNet.ts'
import { SimPhone } from './SimPhone.ts'
import { SimServer } from './SimServer.ts'
import { makeTemplate, type Template } from './template.ts'

export interface Outcome {
  seed: number
  trace: string
  violations: string[]
  saved: number
  crashes: number
  powerCuts: number
  restores: number
  /** Visits that were folded. */
  folded: number
  /** Deaths of the server's process between two statements or after a commit. */
  deaths: number
  enrolments: number
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** How often somebody whose phone came up strange is given another enrolment, before it has said what it lost. */
const ENROLS_AFTER_A_CUT = 0.5

copyPlainValuesFast()
deafenPages()

/** How often each fault falls in one seed: some seeds are calm in one respect and wild in another. */
function drawTemper(rng: Seam['rng']) {
  const chance = (share: number, most: number) => (rng.next() < share ? rng.next() * most : 0)
  const net: NetFaults = {
    lost: chance(0.8, 0.3),
    doubled: chance(0.7, 0.3),
    leastMs: 20 + rng.next() * 300,
    tail: 0.55 + rng.next(),
  }
  return {
    net,
    phones: 2 + Math.floor(rng.next() * 4),
    steps: 20 + Math.floor(rng.next() * 40),
    crash: chance(0.6, 0.12),
    powerCut: chance(0.3, 0.05),
    restore: rng.next() < 0.25,
    trouble: chance(0.4, 0.15),
    twoTabs: rng.next() < 0.6 ? 0.7 : 0,
    enrolAgain: chance(0.25, 0.03),
    serverSkewMs: rng.next() < 0.2 ? 2 * HOUR_MS : 0,
    pageRows: 3 + Math.floor(rng.next() * 30),
    batch: 1 + Math.floor(rng.next() * 12),
    sliceRows: 2 + Math.floor(rng.next() * 20),
    skewMs: rng.next() < 0.4 ? 40 * HOUR_MS : 5_000,
    hurry: rng.next(),
  }
}

/** One evening, wholly determined by its seed: the real engine, the real server, and everything that can go wrong. */
export async function simulate(seed: number): Promise<Outcome> {
  const rng = seededRng(seed)
  const template = await makeTemplate()
  const temper = drawTemper(rng)
  setLimits(temper)
  const violations: string[] = []
  const scheduler = new Scheduler(rng)
  const violate = (what: string) => {
    scheduler.note(`VIOLATION ${what}`)
    violations.push(`${(scheduler.now / 1000).toFixed(1)} s: ${what}`)
  }
  const server = await SimServer.open(template, scheduler, rng, violate)
  const phones = chooseNames(rng, temper.phones).map((name) => {
    const person = template.people.find((candidate) => candidate.name === name)!
    return new SimPhone(person, scheduler, server, { rng, dice: seededRng(seed ^ 0x5e7713e1) }, temper.net, violate)
  })
  const broken = () => violations.length > 0
  const evening = { rng, template, scheduler, server, phones, violate, broken }
  try {
    await wildEvening({ ...evening, temper, dice: seededRng(seed ^ 0x0f01ded), mischief: seededRng(seed ^ 0x0ddba11) })
    if (!broken()) await quietMorning(evening)
  } catch (error) {
    violate(String((error as Error).stack ?? error))
  }
  for (const phone of phones) if (phone.alive) phone.crash()
  await server.close()
  const total = (of: (phone: SimPhone) => number) => phones.reduce((sum, phone) => sum + of(phone), 0)
  return {
    seed,
    trace: scheduler.traceHash(),
    violations,
    saved: total((phone) => phone.saved.length),
    crashes: total((phone) => phone.crashes),
    powerCuts: total((phone) => phone.powerCuts),
    restores: server.restores,
    folded: server.folded.size,
    deaths: server.deaths,
    enrolments: total((phone) => phone.enrolments - 1),
  }
}

/** What the code of a process that has died gets from its database. */
function isDeath(error: unknown): boolean {
  return error instanceof Error && ['DatabaseClosedError', 'AbortError', 'InvalidStateError'].includes(error.name)
}

// Dexie lets a few of these go unheard when a transaction is torn out of its hands; anything else ends the run.
process.on('unhandledRejection', (error) => {
  if (!isDeath(error)) throw error
})

/** Small pages and batches, so that twenty commands meet every boundary that twenty thousand would. */
function setLimits({ pageRows, batch, sliceRows }: ReturnType<typeof drawTemper>): void {
  const small = { changesPerPage: pageRows, commandsPerRequest: batch, rowsPerTransaction: sliceRows }
  Object.assign(LIMITS, small)
}

/** The officer is always there; the others are drawn. */
function chooseNames(rng: Seam['rng'], count: number): string[] {
  const others = ['leader', 'member', 'member2', 'mate', 'other', 'pending']
  const chosen = ['officer']
  while (chosen.length < count) {
    chosen.push(...others.splice(Math.floor(rng.next() * others.length), 1))
  }
  return chosen
}

interface Evening {
  rng: Seam['rng']
  template: Template
  scheduler: Scheduler
  server: SimServer
  phones: readonly SimPhone[]
  violate: (what: string) => void
  /** Whether a rule is broken already: it would only be reported once a step. */
  broken: () => boolean
}

type Wild = Evening & { temper: ReturnType<typeof drawTemper>; dice: Seam['rng']; mischief: Seam['rng'] }

async function wildEvening(evening: Wild): Promise<void> {
  const { rng, dice, mischief, template, temper, scheduler, server, phones, violate, broken } = evening
  for (const phone of phones) {
    await phone.open()
    phone.remember()
    phone.skewMs = Math.floor((rng.next() - 0.5) * temper.skewMs)
  }
  server.troubleRate = temper.trouble
  const go = (work: () => Promise<unknown>) => {
    scheduler.track(work).catch((error: unknown) => {
      if (!isDeath(error)) violate(String((error as Error).stack ?? error))
    })
  }
  const spanMs = temper.steps * (temper.hurry < 0.5 ? 8_000 : 90_000)
  for (const phone of phones) {
    let lastMs = 0
    for (let step = 0; step < temper.steps; step++) {
      lastMs += (spanMs / temper.steps) * -Math.log(1 - rng.next())
      scheduler.at(lastMs, () => {
        if (phone.cycles === 0 || rng.next() < temper.twoTabs) {
          if (rng.next() < 0.7) go(() => phone.sync())
        }
        if (rng.next() < 0.6) go(() => doSomething(phone, template, rng))
        if (temper.twoTabs > 0 && rng.next() < 0.2) {
          if (phone.tabs > 1) phone.closeTab()
          else if (phone.alive) go(() => phone.openAnotherTab())
        }
        if (rng.next() < temper.crash && phone.alive) {
          phone.crash()
          scheduler.at(rng.next() * MINUTE_MS, () => go(() => phone.open()))
        } else if (rng.next() < temper.powerCut && phone.alive) {
          go(async () => {
            await phone.cutPower()
            if (!phone.alive) await phone.open()
            if (mischief.next() < ENROLS_AFTER_A_CUT) {
              scheduler.at(mischief.next() * 5_000, () => go(() => phone.enrolAgain('link', false)))
            }
          })
        } else if (rng.next() < temper.enrolAgain) {
          const how = rng.next() < 0.5 ? 'link' : 'invitation'
          const revokes = rng.next() < 0.5
          go(() => phone.enrolAgain(how, revokes))
        } else if (rng.next() < 0.02) phone.skewMs = Math.floor((rng.next() - 0.5) * temper.skewMs)
        else if (rng.next() < 0.01) server.skewMs = Math.floor((rng.next() - 0.5) * temper.serverSkewMs)
      })
    }
  }
  if (temper.restore) {
    const backUpMs = rng.next() * spanMs * 0.5
    scheduler.at(backUpMs, () => go(() => server.backUp()))
    scheduler.at(backUpMs + rng.next() * spanMs * 0.5, () => go(() => server.restore()))
  }
  planFolds((delayMs, run) => void scheduler.at(delayMs, run), { server, template, go }, dice, spanMs)
  await scheduler.run(spanMs, async () => {
    if (broken()) return
    for (const phone of phones) {
      if (!phone.changed) continue
      phone.changed = false
      phone.remember()
      await checkPhone(phone, server, violate)
    }
  })
}

/** Faults stop, the officer settles what waits, everybody syncs: then everything has to be well. */
async function quietMorning({ rng, template, scheduler, server, phones, violate }: Evening): Promise<void> {
  scheduler.calm = true
  server.troubleRate = 0
  const clockJumps = server.skewMs !== 0
  server.skewMs = 0
  for (const phone of phones) phone.faults = { lost: 0, doubled: 0, leastMs: 1, tail: 100 }
  await scheduler.run(scheduler.now + 24 * HOUR_MS, async () => {})
  for (const phone of phones) if (!phone.alive) await phone.open()
  if (server.folded.size > 0) await server.setRound(template.roundId, 'open')
  let enrolments = 0
  const everybody = async () => {
    for (const phone of phones) {
      void scheduler.track(() => phone.sync())
      await scheduler.run(scheduler.now + 10 * MINUTE_MS, async () => {})
      // A restored server does not know an enrolment that is younger than its backup, and nobody confirms the only
      // officer: the person enrols again.
      const waitsForItself = phone === phones[0] && phone.peek()?.state.device === 'pending'
      if (phone.turnedAway || waitsForItself) {
        await phone.enrolAgain('link', false)
        enrolments++
        if (phone.turnedAway) await putBack(phones[0]!, template, rng, phone.memberId)
      }
      await checkPhone(phone, server, violate)
    }
  }
  await everybody()
  await server.update()
  for (let round = 0; round < 7; round++) {
    const before = enrolments
    await everybody()
    await everybody()
    if (before === enrolments && (await settleEverything(phones[0]!, template, rng)) === 0) break
  }
  await everybody()
  if (server.folded.size > 0) {
    await server.setRound(template.roundId, 'closed')
    await server.fold()
    await server.setRound(template.roundId, 'open')
    await everybody()
    await everybody()
  }
  const truth = await readTruth(server.context.storage)
  const held = await Promise.all(phones.map(async (phone) => ({ phone, contents: (await phone.contents())! })))
  const powerCuts = phones.reduce((sum, phone) => sum + phone.powerCuts, 0)
  const { restores, folded } = server
  checkQuiet(held, truth, { powerCuts, restores, clockJumps, folded }, violate)
}
