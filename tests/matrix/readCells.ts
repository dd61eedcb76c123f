import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { READS } from './expected.ts'
import { canary, type Ground, type Person } from './Ground.ts'
import {
  cookieIn,
  DAYS,
  holderOn,
  isLive,
  isProven,
  standingOn,
  type Phase,
  type PlaceName,
  type Standing,
} from './people.ts'
import type { Report } from './Report.ts'

/** A scope in which something lies, and what it is to whoever reads. */
interface Scope {
  scope: string
  name: string
  labelFor(person: Person, standing: Standing | null): string
}

/** What each phone's download brings, scope by scope and word by word, against the table of the documents. */
export async function runReads(ground: Ground, phase: Phase, report: Report): Promise<void> {
  const scopes = [...scopesOf(ground, phase)]
  for (const person of ground.people) {
    const cookie = cookieIn(person.plan, phase)
    if (!isProven(cookie) || (phase === 'before' && !isLive(person.plan))) continue
    if (report.isOver) return
    const page = await download(ground, person)
    const standing = standingOn(person.plan, DAYS[phase])
    const letter = standing === null ? 'N' : { member: 'M', leader: 'L', officer: 'O' }[standing.role]
    for (const { scope, name, labelFor } of scopes) {
      const label = labelFor(person, standing)
      const readers = READS[label]
      if (readers === undefined) throw new Error(`the documents say nothing of ${label}`)
      const isExpected = cookie === 'good' && readers.includes(letter)
      const isThere = page.scopes.has(scope)
      const trouble = isThere === isExpected ? null : `${label}: ${isThere ? 'is there' : 'is missing'}`
      report.count(`${phase}: ${person.plan.name}: reads ${name}`, trouble)
    }
    for (const place of ['A', 'B', 'none', 'past', 'far'] as const) {
      const scope = scopes.find((each) => each.name === `stairwell ${place}`)!
      const isExpected = cookie === 'good' && READS[scope.labelFor(person, standing)]!.includes(letter)
      const isThere = page.text.includes(`${canary(`note ${place}`)}"`)
      const trouble = isThere === isExpected ? null : `the note ${isThere ? 'is there' : 'is missing'}`
      report.count(`${phase}: ${person.plan.name}: reads the note of ${place}`, trouble)
    }
    const far = page.text.includes(canary('far')) === (person.plan.community === 'far' && cookie === 'good')
    report.count(`${phase}: ${person.plan.name}: reads names elsewhere`, far ? null : 'a name of another community')
    await ground.restore()
  }
}

async function download(ground: Ground, person: Person): Promise<{ scopes: Set<string>; text: string }> {
  ground.begin(person)
  const scopes = new Set<string>()
  let text = ''
  for (let cursor: string | null = null, more = true; more;) {
    const response = await ground.sync(person, [], { pull: true, cursor })
    if (response.statusCode !== 200) return { scopes, text: response.body }
    const page = response.json<SyncAnswer>()
    for (const { scope } of page.changes) scopes.add(scope)
    text += response.body
    cursor = page.cursor
    more = page.more
  }
  return { scopes, text }
}

function* scopesOf(ground: Ground, phase: Phase): Generator<Scope> {
  const near =
    (community: 'home' | 'far', label: Scope['labelFor']): Scope['labelFor'] =>
    (person, standing) =>
      person.plan.community === community ? label(person, standing) : 'another community'
  for (const place of ['A', 'B', 'none', 'past', 'far'] as const) {
    yield {
      scope: `s:${ground.stairwells[place]}`,
      name: `stairwell ${place}`,
      labelFor: near(place === 'far' ? 'far' : 'home', (_person, standing) => ofStairwell(place, standing, phase)),
    }
  }
  for (const team of ['A', 'B', 'F'] as const) {
    const labelFor = near(team === 'F' ? 'far' : 'home', (_person, standing) =>
      standing?.team === team ? 'the own team’s' : 'another team’s',
    )
    yield { scope: `t:${ground.teams[team]}`, name: `team ${team}`, labelFor }
  }
  for (const owner of ownersOf(ground, phase)) {
    const isOwn = (person: Person) => person.memberId === owner.memberId
    yield {
      scope: `m:${owner.memberId}`,
      name: `what ${owner.name} did`,
      labelFor: near(owner.community, (person, standing) => ofPerson(isOwn(person), owner.standing, standing)),
    }
    const own = (mine: string, others: string) => near(owner.community, (person) => (isOwn(person) ? mine : others))
    yield {
      scope: `p:${owner.memberId}`,
      name: `the private note of ${owner.name}`,
      labelFor: own('one’s own private note', 'another’s private note'),
    }
    yield {
      scope: `d:${owner.deviceId}`,
      name: `the answers to ${owner.name}`,
      labelFor: own('the own phone’s answers', 'another phone’s answers'),
    }
  }
  // `c` and `o` have the same name in every community, so whose rows came is told by the words in them.
  yield { scope: 'c', name: 'everyone there', labelFor: () => 'everyone there' }
  yield {
    scope: 'o',
    name: 'the officers',
    labelFor: () => 'the officers’',
  }
}

function ofStairwell(place: PlaceName, standing: Standing | null, phase: Phase): string {
  const holder = holderOn(place, DAYS[phase])
  if (holder === null) return 'stairwell of no team'
  return standing?.team === holder ? 'stairwell of the own team' : 'stairwell of another team'
}

function ofPerson(isOwn: boolean, owner: Standing | null, reader: Standing | null): string {
  if (isOwn) return 'what one did oneself'
  if (owner && owner.team !== null && owner.team === reader?.team) return 'what a mate did'
  return owner?.role === 'officer' ? 'what an officer did' : 'what somebody of another team did'
}

interface Owner {
  name: string
  memberId: string
  deviceId: string
  community: 'home' | 'far'
  standing: Standing | null
}

function ownersOf(ground: Ground, phase: Phase): Owner[] {
  const people = ground.people.map(({ plan, memberId, device }): Owner => {
    const { name, community } = plan
    return { name, memberId, deviceId: device.id, community, standing: standingOn(plan, DAYS[phase]) }
  })
  const bystanders = (['A', 'B', 'F', 'office'] as const).map((name): Owner => {
    const memberId = ground.bystanders[name]
    const standing: Standing = name === 'office' ? { role: 'officer', team: null } : { role: 'member', team: name }
    const community = name === 'F' ? ('far' as const) : ('home' as const)
    return { name: `a bystander (${name})`, memberId, deviceId: memberId, community, standing }
  })
  return [...people, ...bystanders]
}
