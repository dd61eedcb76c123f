import { put } from '../../src/domain/put.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Member } from '../../src/domain/records/member.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { localDate } from '../../src/domain/times.ts'
import { DAY_MS } from '../../src/protocol/limits.ts'
import { commitDeed } from '../../sync-server/commitDeed.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { newCommunity } from '../../sync-server/identity/enrol.ts'
import { newRecordId } from '../../sync-server/identity/token.ts'
import { OperatorPhone } from '../../sync-server/operator/OperatorPhone.ts'
import { readSettings } from '../../sync-server/settings.ts'
import { createContext, firstCommunity, makeEntryLink } from '../../sync-server/start.ts'

/** How large an invented community is. */
export interface CommunityPlan {
  /** Stairwells of eight floors with four doors each. */
  houses: number
  /** Stairwells of 26 floors with four doors each. */
  towers: number
  /** Rounds that ended; every door was knocked at once in each. */
  earlierRounds: number
  /** Houses that are done in the round that is under way; they are the last ones. */
  housesDone: number
  /** How long the round that is under way has been open, days; 20 unless told. */
  openForDays?: number
}

export interface SeededCommunity {
  houses: string[]
  towers: string[]
  doors: number
  visits: number
  /** What follows `/enter#` in the address by which the member signs in, once. */
  memberLink: string
}

interface Place {
  id: string
  building: string
  floors: number
}

const COLUMNS = 4
const ROUND_DAYS = 14
const KNOCKED: readonly Outcome[] = ['met', 'notHome', 'met', 'brief', 'notHome', 'postponed', 'met', 'refused']

/**
 * Fills an empty data folder with a community in which one team has every stairwell, through the same commands as real
 * work, and lets one of its members in. No server may have the folder open.
 */
export async function seedCommunity(dataDir: string, plan: CommunityPlan): Promise<SeededCommunity> {
  const server = await createContext(readSettings({ DATA_DIR: dataDir }))
  const realNow = server.clock.now()
  const clock = { at: realNow - (plan.earlierRounds * ROUND_DAYS + (plan.openForDays ?? 20)) * DAY_MS }
  server.clock = { now: () => clock.at }
  try {
    const community = await firstCommunity(server)
    const desk = await enrolOfficer(server, community)
    const places = await importPlaces(desk, community, plan)
    const teamId = newRecordId(server.rng)
    desk.queue('team/save', { teamId, baseRevision: 0, name: '第一服务队' })
    await desk.send()
    const bond = { role: 'member', teamId, from: clock.at, until: null } as const
    const member: Member = { id: newRecordId(server.rng), name: '队员丙', bonds: [bond] }
    const walker = await OperatorPhone.enrol(server, community, member, '种子机')

    let visits = 0
    for (let number = 1; number <= plan.earlierRounds + 1; number++) {
      const isLast = number > plan.earlierRounds
      const done = isLast ? places.slice(places.length - plan.housesDone) : places
      const roundId = await openRound(server, desk, places, teamId, number)
      visits += await knockEverywhere(walker, clock, done, roundId, number)
      if (isLast) break
      const startsOn = localDate(clock.at)
      desk.queue('round/save', { roundId, baseRevision: 1, number, name: `第 ${number} 轮`, startsOn, state: 'closed' })
      await desk.send()
      clock.at += ROUND_DAYS * DAY_MS - 3_600_000
    }
    clock.at = realNow
    const secret = await makeEntryLink(server, community, { role: 'member', member: member.id, minutes: 24 * 60 })
    const isTower = ({ floors }: Place) => floors > 8
    return {
      towers: places.filter(isTower).map(({ id }) => id),
      houses: places.filter((place) => !isTower(place)).map(({ id }) => id),
      doors: places.reduce((sum, { floors }) => sum + floors * COLUMNS, 0),
      visits,
      memberLink: secret,
    }
  } finally {
    await server.storage.close()
  }
}

async function enrolOfficer(server: ServerContext, community: string): Promise<OperatorPhone> {
  const bond = { role: 'officer', teamId: null, from: server.clock.now(), until: null } as const
  const officer: Member = { id: newRecordId(server.rng), name: '专员甲', bonds: [bond] }
  await commitDeed(server, community, async () => ({
    changes: [put('community', newCommunity(community, '石榴桥社区')), put('member', officer)],
    value: undefined,
  }))
  return OperatorPhone.enrol(server, community, officer, '种子机')
}

async function importPlaces(desk: OperatorPhone, community: string, plan: CommunityPlan): Promise<Place[]> {
  const floors = [...Array<number>(plan.towers).fill(26), ...Array<number>(plan.houses).fill(8)]
  const places = floors.map((count, index) => {
    const building = `${index + 1}栋`
    return { id: mintStairwellId(community, '石榴桥', building, '1梯'), building, floors: count }
  })
  for (const { building, floors: count } of places) {
    const levels = Array.from({ length: count }, (_, index) => index + 1)
    desk.queue('roster/import-stairwell', {
      estate: '石榴桥',
      building,
      stairwell: '1梯',
      floors: levels.map((level) => ({ level, label: String(level) })),
      doors: levels.flatMap((level) =>
        columnsOf(level).map((label, column) => ({ label, level, kind: 'home' as const, column })),
      ),
    })
  }
  await desk.send()
  return places
}

function columnsOf(level: number): string[] {
  return Array.from({ length: COLUMNS }, (_, column) => `${level}0${column + 1}`)
}

async function openRound(
  server: ServerContext,
  desk: OperatorPhone,
  places: readonly Place[],
  teamId: string,
  number: number,
): Promise<string> {
  const roundId = newRecordId(server.rng)
  const startsOn = localDate(server.clock.now())
  desk.queue('round/save', { roundId, baseRevision: 0, number, name: `第 ${number} 轮`, startsOn, state: 'open' })
  const grant = { teamId, memberIds: [], leaseUntil: server.clock.now() + 40 * DAY_MS }
  for (const { id } of places) desk.queue('assignment/save', { stairwellId: id, roundId, baseRevision: 0, ...grant })
  await desk.send()
  return roundId
}

/** One evening per stairwell. */
async function knockEverywhere(
  walker: OperatorPhone,
  clock: { at: number },
  places: readonly Place[],
  roundId: string,
  number: number,
): Promise<number> {
  let visits = 0
  for (const { id, floors } of places) {
    const sessionId = walker.queue('session/start', { roundId, partnerIds: [] })(0)
    for (let level = floors; level > 0; level--) {
      for (const label of columnsOf(level)) {
        clock.at += 1_000
        const outcome = KNOCKED[(visits + number) % KNOCKED.length]!
        walker.queue('visit/record', { stairwellId: id, roundId, level, label, outcome, sessionId })
        visits++
      }
    }
    walker.queue('session/end', { sessionId, sentence: '' })
    await walker.send()
  }
  return visits
}
