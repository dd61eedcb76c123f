import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mintStairwellId } from '../../src/domain/records/stairwell.ts'
import type { Standing } from '../../src/protocol/enrolment.ts'
import type { SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import type { ServerContext } from '../../sync-server/context.ts'
import { enter } from '../../sync-server/identity/enrol.ts'
import type { Settings } from '../../sync-server/settings.ts'
import { createContext, firstCommunity, makeEntryLink } from '../../sync-server/start.ts'
import { freshId, WireDevice } from '../harness/wireWorld.ts'
import { answer } from '../harness/world.ts'

const TEAMS = 4
/** Many, so that no façade grows with the number of rounds. */
const STAIRWELLS_A_TEAM = 20

/** Somebody with an enrolled phone, and the stairwells that were handed to the team. */
export interface Person {
  standing: Standing
  cookie: string
  stairwells: string[]
  seed: number
}

/** A community in the evening: an officer, four teams of one member each, twenty stairwells a team. */
export interface Quarter {
  /** Folder of its SQLite file; empty when it lies in a PostgreSQL. */
  dataDir: string
  community: string
  roundId: string
  officer: Person
  members: Person[]
}

const ram = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const folders: string[] = []

/** A folder that goes with this process. Power cuts want a real disk, the rest is quicker in memory. */
export function makeFolder(where: 'memory' | 'disk' = 'memory'): string {
  const folder = mkdtempSync(join(where === 'memory' ? ram : tmpdir(), 'qiaomen-faults-'))
  if (folders.length === 0)
    process.once('exit', () => folders.forEach((one) => rmSync(one, { recursive: true, force: true })))
  folders.push(folder)
  return folder
}

export const settingsOf = (more: Partial<Settings>): Settings => {
  const quiet = { port: 0, host: '127.0.0.1', publicUrl: null, trustProxy: false, logLevel: null }
  return { ...quiet, dataDir: '', databaseUrl: null, foldAfterDays: 90, ...more }
}

let made: Promise<Quarter> | undefined

/** A quarter in a data folder of its own: made once, copied for each fault. */
export async function freshQuarter(where: 'memory' | 'disk' = 'memory'): Promise<Quarter> {
  const template = await (made ??= makeTemplate())
  const dataDir = makeFolder(where)
  cpSync(template.dataDir, dataDir, { recursive: true })
  return { ...template, dataDir }
}

async function makeTemplate(): Promise<Quarter> {
  const dataDir = makeFolder()
  return { ...(await quarterIn(settingsOf({ dataDir }))), dataDir }
}

/** Lays the quarter out in an empty database. */
export async function quarterIn(settings: Settings): Promise<Quarter> {
  if (settings.dataDir !== '') mkdirSync(settings.dataDir, { recursive: true })
  const server = await createContext(settings)
  try {
    return await layOut(server)
  } finally {
    await server.storage.close()
  }
}

async function layOut(server: ServerContext): Promise<Quarter> {
  const community = await firstCommunity(server)
  let seed = 1
  const letIn = async (role: 'officer' | 'member', team: string | null): Promise<Person> => {
    const secret = await makeEntryLink(server, community, { role, team })
    const asked = { secret, name: `${role}${seed}`, community: '石榴桥社区', deviceName: '测试机' }
    return { ...(await enter(server, asked)), stairwells: [], seed: seed++ }
  }
  const officer = await letIn('officer', null)
  const hand = new WireDevice(officer.cookie, officer.standing)
  const mustApply = async (commands: readonly WireCommand[]) => {
    const { body } = await answer(server, officer.cookie, JSON.stringify(hand.request(commands)))
    for (const { result } of (body as SyncAnswer).answers) if (result !== 'applied') throw new Error(result)
  }
  const roundId = freshId()
  const round = { roundId, baseRevision: 0, number: 1, name: '首轮', startsOn: '2026-11-01', state: 'open' }
  await mustApply([hand.command('round/save', round)])
  const members: Person[] = []
  for (let team = 1; team <= TEAMS; team++) {
    const teamId = freshId()
    await mustApply([hand.command('team/save', { teamId, baseRevision: 0, name: `${team}队` })])
    const commands = Array.from({ length: STAIRWELLS_A_TEAM }, (_, at) => layOutStairwell(hand, team, at)).flat()
    await mustApply(commands)
    const stairwells = Array.from({ length: STAIRWELLS_A_TEAM }, (_, at) => stairwellOf(community, team, at))
    const grant = { roundId, baseRevision: 0, teamId, memberIds: [], leaseUntil: null }
    await mustApply(stairwells.map((stairwellId) => hand.command('assignment/save', { ...grant, stairwellId })))
    members.push({ ...(await letIn('member', teamId)), stairwells })
  }
  return { dataDir: '', community, roundId, officer, members }
}

const stairwellOf = (community: string, team: number, at: number) =>
  mintStairwellId(community, '华兴苑', `${team}栋`, `${at + 1}梯`)

function layOutStairwell(hand: WireDevice, team: number, at: number): WireCommand[] {
  const doors = ['101', '102', '201', '202'].map((label, index) => {
    return { label, level: Math.floor(index / 2) + 1, kind: 'home', column: index % 2 }
  })
  const floors = [1, 2].map((level) => ({ level, label: String(level) }))
  const where = { estate: '华兴苑', building: `${team}栋`, stairwell: `${at + 1}梯` }
  return [hand.command('roster/import-stairwell', { ...where, floors, doors })]
}
