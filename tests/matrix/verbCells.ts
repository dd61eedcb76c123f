import type { LightMyRequestResponse } from 'fastify'
import type { SyncAnswer, WireCommand } from '../../src/protocol/sync.ts'
import { DOOR_DEEDS, type Case } from './Case.ts'
import { CASES } from './cases.ts'
import { ENVELOPE, EXPECTED, PENDING, WITHOUT_BOND, type Outcome } from './expected.ts'
import { canary, type Ground, type Person } from './Ground.ts'
import { cookieIn, DAYS, isLive, isProven, standingOn, type Phase } from './people.ts'
import type { Report } from './Report.ts'

interface Cell {
  person: Person
  story: Case
  expected: Outcome
  name: string
}

const MOST_IN_A_BATCH = 300

/** What the documents say of one person, one verb and one target. */
export function expectedOf(story: Case, person: Person, phase: Phase): Outcome {
  if (cookieIn(person.plan, phase) === 'pending') return PENDING
  const now = standingOn(person.plan, DAYS[phase])
  const hour = story.when === 'now' ? DAYS[phase] : DAYS[story.when]
  const counts = DOOR_DEEDS.includes(story.verb) ? (standingOn(person.plan, hour) ?? now) : now
  if (!counts) return WITHOUT_BOND
  const key = story.key(counts, person, phase)
  const row = EXPECTED[story.verb]?.[key]
  if (!row) throw new Error(`the documents say nothing of ${story.verb}: ${key}`)
  return row[['member', 'leader', 'officer'].indexOf(counts.role)]!
}

/**
 * Every verb with every target for everybody.
 *
 * @param only the verbs to look at
 */
export async function runVerbs(
  ground: Ground,
  phase: Phase,
  report: Report,
  only?: ReadonlySet<string>,
): Promise<void> {
  const cases = CASES.filter(({ verb }) => !only || only.has(verb))
  for (const person of ground.people) {
    // Before the day of change nobody's rights differ from later ones but those of whom it changes.
    if (phase === 'before' && !isLive(person.plan)) continue
    if (report.isOver) return
    if (!only) await ground.anew()
    const cookie = cookieIn(person.plan, phase)
    if (!isProven(cookie)) {
      await askUnproven(ground, person, cookie, cases, phase, report)
      continue
    }
    const cells = cases.map((story): Cell => {
      const name = `${phase}: ${person.plan.name}: ${story.verb}: ${story.story}`
      return { person, story, expected: expectedOf(story, person, phase), name }
    })
    const alone = cells.filter(({ story, expected }) => story.prepare || expected === 'applied')
    const rest = cells.filter((cell) => !alone.includes(cell))
    const denied = rest.filter(({ expected }) => expected.startsWith('refused'))
    const held = rest.filter(({ expected }) => expected.startsWith('held'))
    for (const batch of slices(denied)) await runBatch(ground, person, batch, report)
    for (const batch of slices(held)) await runBatch(ground, person, batch, report)
    for (const cell of alone) {
      if (report.isOver) return
      if (cell.story.prepare) {
        await cell.story.prepare(ground, person)
        await ground.keepAside()
      }
      await runBatch(ground, person, [cell], report)
      if (cell.story.prepare) await ground.keptBack()
    }
  }
}

function* slices(cells: readonly Cell[]): Generator<readonly Cell[]> {
  for (let at = 0; at < cells.length; at += MOST_IN_A_BATCH) yield cells.slice(at, at + MOST_IN_A_BATCH)
}

function commandOf(ground: Ground, person: Person, story: Case): WireCommand {
  const args = story.args(ground, person)
  const claimedAt = story.when === 'now' ? ground.world.clock.now() : ground.moment(DAYS[story.when])
  return person.device.command(story.verb, args, { claimedAt, after: ground.moment(0) })
}

/** Some commands of one person in one request. They are expected to end alike, so none of them changes what another meets. */
async function runBatch(ground: Ground, person: Person, cells: readonly Cell[], report: Report): Promise<void> {
  if (report.isOver) return
  ground.begin(person)
  const commands = cells.map(({ story }) => commandOf(ground, person, story))
  const response = await ground.sync(person, commands)
  const answers = response.statusCode === 200 ? response.json<SyncAnswer>().answers : []
  const troubles = cells.map((cell, at): string | null => {
    const answer = answers[at]
    const actual = answer ? said(answer) : `${response.statusCode} ${response.body.slice(0, 80)}`
    return actual === cell.expected ? null : `expected ${cell.expected}, got ${actual}`
  })
  const whole = await troubleOfAll(ground, person, cells, commands, response)
  const twins = new Map(cells.map(({ story }, at) => [`${story.verb}: ${story.story}`, at]))
  for (const [at, cell] of cells.entries()) {
    const twin = cell.story.twin ? twins.get(`${cell.story.verb}: ${cell.story.twin}`) : undefined
    const differs =
      twin !== undefined &&
      cells[twin]!.expected === cell.expected &&
      cell.expected.startsWith('refused') &&
      bare(answers[at]) !== bare(answers[twin])
    report.count(cell.name, troubles[at] ?? whole ?? (differs ? 'differs from what is nowhere' : null))
  }
  await ground.restore()
}

const said = (answer: SyncAnswer['answers'][number]): string => {
  if (answer.result === 'applied') return 'applied'
  return answer.result === 'held' ? `held ${answer.until}` : `refused ${answer.code}`
}
const bare = (answer: SyncAnswer['answers'][number] | undefined): string =>
  answer ? JSON.stringify(answer).replace(answer.id, 'id') : ''

/** What must hold of the whole database and the whole body, whatever each answer says. */
async function troubleOfAll(
  ground: Ground,
  person: Person,
  cells: readonly Cell[],
  commands: readonly WireCommand[],
  response: LightMyRequestResponse,
): Promise<string | null> {
  const [first] = cells
  if (response.body.includes(canary(''))) return 'a canary in the body'
  if (first!.expected === 'applied') return null
  if (first!.expected.startsWith('refused')) {
    const ids = new Set(commands.map(({ id }) => id))
    const changed = await ground.changedRows(ids, new Set([person.device.incarnation]))
    return changed.length > 0 ? `changed ${changed[0]!.slice(0, 200)}` : null
  }
  // What is held tells those who decide of it, and does nothing.
  const kinds = await ground.changedKinds(person)
  const other = kinds.filter((kind) => kind !== 'hold')
  return other.length > 0 ? `a held command changed ${other.join(', ')}` : null
}

/** Whoever is nobody hears so for each of them, and nothing at all is changed. */
async function askUnproven(
  ground: Ground,
  person: Person,
  cookie: keyof typeof ENVELOPE,
  cases: readonly Case[],
  phase: Phase,
  report: Report,
): Promise<void> {
  const [status, code] = ENVELOPE[cookie]
  const troubles: [string, string | null][] = []
  for (const story of cases) {
    ground.begin(person)
    const response = await ground.sync(person, [commandOf(ground, person, story)], { pull: true })
    const { code: given } = response.json<{ code?: string }>()
    const isRight = response.statusCode === status && given === code && !response.body.includes(canary(''))
    const got = `expected ${status} ${code}, got ${response.statusCode} ${String(given)}`
    troubles.push([`${phase}: ${person.plan.name}: ${story.verb}: ${story.story}`, isRight ? null : got])
  }
  const changed = await ground.changedRows()
  for (const [name, trouble] of troubles) {
    report.count(name, trouble ?? (changed.length > 0 ? `changed ${changed[0]!.slice(0, 200)}` : null))
  }
  if (changed.length > 0) await ground.restore()
}
