import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { commit } from '../../src/db/commit.ts'
import type { Database } from '../../src/db/database.ts'
import { openPhone } from '../../src/db/openPhone.ts'
import type { Seam } from '../../src/db/seam.ts'
import { mintId } from '../../src/domain/hash.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Assignment } from '../../src/domain/records/assignment.ts'
import type { Round } from '../../src/domain/records/round.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import type { Args, Verb } from '../../src/domain/verbs.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import { DAY_MS } from '../../src/protocol/limits.ts'
import { freshPace, synchronize } from '../../src/sync/synchronize.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { enter } from '../../sync-server/identity/enrol.ts'
import { newRecordId } from '../../sync-server/identity/token.ts'
import { OperatorPhone } from '../../sync-server/operator/OperatorPhone.ts'
import { readSettings } from '../../sync-server/settings.ts'
import { createContext, firstCommunity } from '../../sync-server/start.ts'
import { readClock } from '../../sync-server/storage/records.ts'
import { dumpPhone, type PhoneDump } from '../harness/phoneDump.ts'
import { answer, seededRng } from '../harness/world.ts'
import { seedCommunity } from './seedCommunity.ts'

/** A phone that has been away, and what the server learned meanwhile lies in the data folder. */
export interface LongAbsence {
  standing: Standing
  cookie: string
  dump: PhoneDump
  /** Houses of its team at whose doors nobody has knocked yet. */
  houses: string[]
  /** Commands that wait on the phone. */
  unsent: number
  /** Clock ticks that others made meanwhile: rows that changed. */
  changedByOthers: number
}

const OUTCOMES: readonly Outcome[] = ['met', 'notHome', 'notHome', 'brief', 'postponed', 'met', 'refused', 'notHome']
/** Where the absence begins: a little less than what is applied without a leader's look (SYNC-5). */
const AWAY_MS = 29.5 * DAY_MS

/**
 * Fills an empty data folder with a community, lets a member in, and takes that phone off the network for thirty days in
 * which it goes on working, evening by evening, through the real engine; and so do the others, on the server.
 */
export async function seedLongAbsence(dataDir: string, commands: number, days = 30): Promise<LongAbsence> {
  const plan = { houses: 12, towers: 2, earlierRounds: 1, housesDone: 0, openForDays: 31 }
  const seeded = await seedCommunity(dataDir, plan)
  const server = await createContext(readSettings({ DATA_DIR: dataDir }))
  const clock = { at: server.clock.now() - AWAY_MS }
  server.clock = { now: () => clock.at }
  try {
    const community = await firstCommunity(server)
    const person = { secret: seeded.memberLink, name: '', community: '', deviceName: '久别机' }
    const { standing, cookie } = await enter(server, person)
    const phone = await openNodePhone(server, standing, cookie)
    await phone.sync()
    const round = await currentRound(phone.database)
    const others = await someoneElse(server, community, phone.database, round)
    const clockBefore = await clockOf(server, community)
    // Two houses stay dark: there somebody will knock while the phone catches up.
    const dark = seeded.houses.slice(-2)
    const stairwells = [...seeded.houses.slice(0, -2), ...seeded.towers]
    for (let day = 0; day < days; day++) {
      const evening = clock.at
      await workOffline(phone, clock, stairwells, round, day, Math.floor(commands / days))
      clock.at = evening
      await others.work(clock, stairwells, day)
      clock.at = evening + (AWAY_MS - DAY_MS / 24) / days
    }
    const unsent = await phone.database.outbox.count()
    const { name } = phone.database
    phone.database.close()
    const dump = await dumpPhone(phone.seam.idb.indexedDB, name)
    const changedByOthers = (await clockOf(server, community)) - clockBefore
    return { standing, cookie, dump, houses: dark, unsent, changedByOthers }
  } finally {
    await server.storage.close()
  }
}

async function clockOf(server: ServerContext, community: string): Promise<number> {
  return (await readClock(server.storage.db, community))?.clock ?? 0
}

interface NodePhone {
  database: Database
  seam: Seam
  commit<V extends Verb>(verb: V, args: Args<V>): Promise<string>
  sync(): Promise<unknown>
}

async function openNodePhone(server: ServerContext, standing: Standing, cookie: string): Promise<NodePhone> {
  const seam: Seam = {
    clock: { now: () => server.clock.now() },
    rng: seededRng(30),
    idb: { indexedDB: new IDBFactory(), IDBKeyRange },
    net: { post: (_path, body) => answer(server, cookie, body) },
    timer: { set: () => () => {} },
    calm: (run) => run(),
    isRestless: () => false,
    paint: (run) => run(),
    locks: { tryHold: async (_name, run) => (await run(), true) },
  }
  const { community, memberId, deviceId, state, matchCode } = standing
  const database = await openPhone(seam, { communityId: community.id, memberId, deviceId, device: state, matchCode })
  return {
    database,
    seam,
    async commit(verb, args) {
      const committed = await commit(database, seam, verb, args)
      if (!committed.saved) throw new Error(`${verb}: ${committed.code}`)
      return committed.id
    },
    sync: () => synchronize(database, seam, freshPace(), 'bench'),
  }
}

async function bodiesOf<T>(database: Database, kind: string): Promise<T[]> {
  const rows = await database.records.where('[kind+id]').between([kind, ''], [kind, '\uffff']).toArray()
  return rows.map((row) => row.body as T)
}

async function currentRound(database: Database): Promise<Round> {
  const open = (await bodiesOf<Round>(database, 'round')).find((round) => round.state === 'open')
  if (!open) throw new Error('no round is open')
  return open
}

/** One evening: start, knocks with what goes with them, end; `commands` in all. */
async function workOffline(
  phone: NodePhone,
  clock: { at: number },
  stairwells: readonly string[],
  round: Round,
  day: number,
  commands: number,
): Promise<void> {
  const roundId = round.id
  let left = commands
  const save = async <V extends Verb>(verb: V, args: Args<V>): Promise<string> => {
    clock.at += 40_000
    left--
    return phone.commit(verb, args)
  }
  const sessionId = mintId(await save('session/start', { roundId, partnerIds: [] }), '0')
  const layouts = new Map((await bodiesOf<Stairwell>(phone.database, 'stairwell')).map((body) => [body.id, body]))
  const closed = stairwells[day % stairwells.length]!
  const { accessNoteRevision } = layouts.get(closed)!
  await save('visit/no-entry', { stairwellId: closed, roundId, reason: 'guard', sessionId })
  const note = `门卫说第 ${day + 1} 天再来`
  await save('stairwell/access-note', { stairwellId: closed, baseRevision: accessNoteRevision, note })
  for (let at = day * commands; left > 1; at++) {
    const { id: stairwellId, doors } = layouts.get(stairwells[Math.floor(at / 30) % stairwells.length]!)!
    const door = doors[at % doors.length]!
    const outcome = at % 200 === 199 ? 'doNotKnock' : OUTCOMES[at % OUTCOMES.length]!
    const { label, level } = door
    const visit = await save('visit/record', {
      stairwellId,
      roundId,
      doorId: door.id,
      level,
      label,
      outcome,
      sessionId,
    })
    const visitId = mintId(visit, '0')
    if (at % 30 === 5 && left > 1) await save('visit/void', { visitId, stairwellId, doorId: door.id })
    if (at % 30 === 0 && left > 1) {
      const answers = [{ questionId: 'q1', chosen: 'kitchen' as const, correct: true }]
      await save('quiz/record', { visitId, stairwellId, ruleSetId: 'gz2023', answers })
    }
  }
  await save('session/end', { sessionId, sentence: '' })
}

/** The rest of the community: a partner who knocks in the same houses, and the officer, who moves papers. */
async function someoneElse(
  server: ServerContext,
  community: string,
  database: Database,
  round: Round,
): Promise<{ work(clock: { at: number }, stairwells: readonly string[], day: number): Promise<void> }> {
  const [assignment] = await bodiesOf<Assignment>(database, 'assignment')
  const bond = { from: server.clock.now(), until: null }
  const partner = await OperatorPhone.enrol(
    server,
    community,
    {
      id: newRecordId(server.rng),
      name: '队员丁',
      bonds: [{ ...bond, role: 'member', teamId: assignment!.grants[0]!.teamId }],
    },
    '搭档机',
  )
  const desk = await OperatorPhone.enrol(
    server,
    community,
    { id: newRecordId(server.rng), name: '专员乙', bonds: [{ ...bond, role: 'officer', teamId: null }] },
    '办公机',
  )
  const layouts = new Map((await bodiesOf<Stairwell>(database, 'stairwell')).map((body) => [body.id, body]))
  let revision = round.revision
  return {
    async work(clock, stairwells, day) {
      const sessionId = partner.queue('session/start', { roundId: round.id, partnerIds: [] })(0)
      for (let knock = 0; knock < 50; knock++) {
        clock.at += 30_000
        const { id: stairwellId, doors } = layouts.get(
          stairwells[(day * 2 + Math.floor(knock / 25)) % stairwells.length]!,
        )!
        const { id: doorId, level, label } = doors[(knock + day) % doors.length]!
        const outcome = OUTCOMES[(knock + day) % OUTCOMES.length]!
        partner.queue('visit/record', { stairwellId, roundId: round.id, doorId, level, label, outcome, sessionId })
      }
      const added = stairwells[(day * 5) % stairwells.length]!
      partner.queue('door/add', { stairwellId: added, level: 1, label: `1${50 + day}`, kind: 'home' })
      partner.queue('session/end', { sessionId, sentence: '' })
      await partner.send()
      // Papers that everything unsent has looked at: the round itself, and the day on which a grant ends.
      const { number, startsOn, state } = round
      const name = `第 ${number} 轮（第 ${day + 1} 天）`
      desk.queue('round/save', { roundId: round.id, baseRevision: revision++, number, name, startsOn, state })
      await desk.send()
    },
  }
}
