import { readFile } from 'node:fs/promises'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Member, Role } from '../../src/domain/records/member.ts'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import { localDate } from '../../src/domain/times.ts'
import { demoMessages } from '../../src/messages/demo.ts'
import type { ServerContext } from '../context.ts'
import { newRecordId } from '../identity/token.ts'
import { importDoors, layOutLedger } from './importDoors.ts'
import { OperatorPhone } from './OperatorPhone.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A throw of the dice in which nobody in the house that members begin with has asked for peace. */
const DICE_SEED = 31_337

/** A clock that can be set back to live through the past weeks, and let go at the end. */
export interface DemoClock {
  now(): number
  set(moment: number): void
}

/** Who can be signed in as, once the demonstration stands. */
export interface DemoPeople {
  member: string
  member2: string
  leader: string
  officer: string
}

/** What is met at a hundred doors on an ordinary evening. */
const OUTCOME_SHARES: readonly (readonly [Outcome, number])[] = [
  ['met', 38],
  ['notHome', 30],
  ['brief', 9],
  ['postponed', 7],
  ['refused', 6],
  ['vacant', 4],
  ['minorOnly', 3],
  ['doNotKnock', 2],
  ['notAHome', 1],
]

/**
 * Lives through three weeks of an invented community: the sample estate, 24 members in 3 teams, a round that ended and
 * one that is under way, evenings with their service records. Everything goes through the same commands as real work.
 *
 * @param sampleFile path of the sample roster
 */
export async function seedDemo(
  server: ServerContext,
  community: string,
  clock: DemoClock,
  officer: Member,
  sampleFile: string,
): Promise<DemoPeople> {
  const today = Math.floor(clock.now() / DAY_MS) * DAY_MS
  const evening = (daysAgo: number) => today - daysAgo * DAY_MS + 11 * HOUR_MS
  clock.set(evening(25))
  const desk = await OperatorPhone.enrol(server, community, officer, demoMessages.device)
  const stairwells = await layOutLedger(await readFile(sampleFile), 'roster-sample.csv')
  await importDoors(desk, stairwells, true)
  const teams = demoMessages.teams.map((name) => {
    const teamId = newRecordId(server.rng)
    desk.queue('team/save', { teamId, baseRevision: 0, name })
    return teamId
  })
  const people = await enrolPeople(server, community, teams)
  const ids = stairwells.map((laidOut) => {
    return mintStairwellId(community, laidOut.estate, laidOut.building, laidOut.stairwell)
  })
  const houses = stairwells.map((laidOut, index) => ({ id: ids[index]!, laidOut, team: index % teams.length }))
  const homes = houses.filter(({ laidOut }) => laidOut.doors.some((door) => door.kind === 'home'))
  for (const [index, name] of demoMessages.rounds.entries()) {
    const begins = evening(index === 0 ? 24 : 9)
    clock.set(begins)
    const round = await openRound(server, desk, index, name, begins)
    for (const { id, team } of homes) {
      const grant = { teamId: teams[team]!, memberIds: [], leaseUntil: begins + 30 * DAY_MS }
      desk.queue('assignment/save', { stairwellId: id, roundId: round, baseRevision: 0, ...grant })
    }
    await desk.send()
    await knock(clock, homes, people, round, index === 0 ? 0.8 : 0.35, (evenings) => begins + evenings * DAY_MS)
    if (index === 0) {
      const closed = { number: 1, name, startsOn: localDate(begins), state: 'closed' as const }
      desk.queue('round/save', { roundId: round, baseRevision: 1, ...closed })
      await desk.send()
    }
  }
  clock.set(evening(2))
  await planProgramme(server, desk, people, today)
  const inTeam = (team: number) => people.filter((person) => person.team === team)
  const named = (team: number, role: Role, nth = 0) => {
    return inTeam(team).filter((person) => person.role === role)[nth]!.phone.memberId
  }
  return {
    member: named(0, 'member'),
    member2: named(0, 'member', 1),
    leader: named(0, 'leader'),
    officer: officer.id,
  }
}

/** Wishes in every state, an activity that is full and one with room for everybody. */
async function planProgramme(
  server: ServerContext,
  desk: OperatorPhone,
  people: readonly Person[],
  today: number,
): Promise<void> {
  const wishIds = demoMessages.wishes.map((text) => {
    const wishId = newRecordId(server.rng)
    desk.queue('wish/publish', { wishId, text })
    return wishId
  })
  const activityIds = demoMessages.activities.map(({ title, place, seats, inDays }) => {
    const activityId = newRecordId(server.rng)
    const startsAt = today + inDays * DAY_MS + 1.5 * HOUR_MS
    const when = { startsAt, endsAt: startsAt + 2 * HOUR_MS }
    desk.queue('activity/save', { activityId, baseRevision: 0, title, place, ...when, seats, cancelled: false })
    return activityId
  })
  await desk.send()
  const phones = people.slice(6, 12).map(({ phone }) => phone)
  for (const [index, phone] of phones.entries()) {
    const wishId = wishIds[index]
    if (wishId !== undefined && index < 2) phone.queue('wish/claim', { wishId })
    if (wishId !== undefined && index === 0) phone.queue('wish/fulfil', { wishId, word: demoMessages.fulfilled })
    if (index < 5) phone.queue('activity/sign-up', { activityId: activityIds[0]! })
    if (index > 2) phone.queue('activity/sign-up', { activityId: activityIds[1]! })
    await phone.send()
  }
}

interface Person {
  phone: OperatorPhone
  team: number
  role: Role
}

async function enrolPeople(server: ServerContext, community: string, teams: readonly string[]): Promise<Person[]> {
  const people: Person[] = []
  for (const [index, stem] of [...demoMessages.stems].entries()) {
    const team = index % teams.length
    const role = index < teams.length ? 'leader' : 'member'
    const bond = { role, teamId: teams[team]!, from: server.clock.now(), until: null } as const
    const member = { id: newRecordId(server.rng), name: demoMessages.member(stem), bonds: [bond] }
    people.push({ phone: await OperatorPhone.enrol(server, community, member, demoMessages.device), team, role })
  }
  return people
}

async function openRound(
  server: ServerContext,
  desk: OperatorPhone,
  index: number,
  name: string,
  begins: number,
): Promise<string> {
  const roundId = newRecordId(server.rng)
  const startsOn = localDate(begins)
  desk.queue('round/save', { roundId, baseRevision: 0, number: index + 1, name, startsOn, state: 'open' })
  await desk.send()
  return roundId
}

type House = { id: string; laidOut: { doors: { label: string; level: number; kind: string }[] }; team: number }

/** Evenings of a round: a share of the stairwells is walked, each by one member; the rest is still dark. */
async function knock(
  clock: DemoClock,
  houses: readonly House[],
  people: readonly Person[],
  roundId: string,
  share: number,
  eveningAt: (evenings: number) => number,
): Promise<void> {
  const dice = loadedDice(DICE_SEED + Math.round(share * 100))
  const walked = houses.filter((_house, index) => (index * 7) % 20 < share * 20)
  for (const [index, house] of walked.entries()) {
    const team = people.filter((person) => person.team === house.team && person.role === 'member')
    const { phone } = team[(index + 2) % team.length]!
    clock.set(eveningAt(index % 8) + (index % 5) * 600_000)
    const sessionId = phone.queue('session/start', { roundId, partnerIds: [] })(0)
    const homes = house.laidOut.doors.filter((door) => door.kind === 'home')
    const upTo = Math.ceil(homes.length * (share > 0.5 ? 0.9 : 0.6))
    for (const { label, level } of homes.slice(0, upTo)) {
      clock.set(clock.now() + 70_000)
      const outcome = drawOutcome(dice)
      const visitId = phone.queue('visit/record', { stairwellId: house.id, roundId, level, label, outcome, sessionId })(
        0,
      )
      if (outcome !== 'met' || dice() > 0.5) continue
      const answer = { questionId: 'i002', chosen: 'residual' as const, correct: dice() > 0.4 }
      phone.queue('quiz/record', { visitId, stairwellId: house.id, ruleSetId: 'gz2023', answers: [answer] })
    }
    clock.set(clock.now() + 120_000)
    phone.queue('session/end', { sessionId, sentence: demoMessages.sentence })
    await phone.send()
  }
}

/**
 * Dice that fall alike each time: whoever shows the demonstration, or drives it by a script, meets the same windows.
 *
 * @param seed any whole number
 * @returns throws from 0 up to, but never, 1 (the multiplier and the increment are those of Numerical Recipes)
 */
function loadedDice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function drawOutcome(dice: () => number): Outcome {
  let draw = dice() * 100
  for (const [outcome, percent] of OUTCOME_SHARES) {
    draw -= percent
    if (draw < 0) return outcome
  }
  return 'met'
}
