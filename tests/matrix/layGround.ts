import { put } from '../../src/domain/put.ts'
import type { Device } from '../../src/domain/records/device.ts'
import type { Bond } from '../../src/domain/records/member.ts'
import { freshToken } from '../../sync-server/identity/rotation.ts'
import { hashSecret } from '../../sync-server/identity/token.ts'
import { insertDeviceToken } from '../../sync-server/storage/enrolments.ts'
import type { StorageOptions } from '../../sync-server/storage/openStorage.ts'
import { freshId, layOutStreet, WireDevice, WireWorld } from '../harness/wireWorld.ts'
import { canary, Ground, type Land, type Person, type Planted } from './Ground.ts'
import { PEOPLE, type PlaceName, type Standing, type TeamName } from './people.ts'

/** Two communities on an empty database, everybody of `PEOPLE`, and something of every kind; the day is the one before the change. */
export async function layGround(options: StorageOptions): Promise<Ground> {
  const world = await WireWorld.open(options)
  const [home, homeIds] = await layOut(world, world.community)
  const [far, farIds] = await layOut(world, await world.otherCommunity())
  const teams = { A: homeIds.teams[0]!, B: homeIds.teams[1]!, F: farIds.teams[0]! }
  const [none, past] = homeIds.more as [string, string]
  const [a, b] = homeIds.stairwells as [string, string]
  const places = { A: a, B: b, none, past, far: farIds.stairwells[0]!, nowhere: freshId() }
  const ground = new Ground(world, home, far, teams, places)
  await ground.give(past, 'A', 0)
  const planting = new Planting(ground)
  await planting.enrolEverybody()
  await planting.plant()
  await ground.toDay('before')
  return ground
}

/** Puts people and things onto the ground. */
class Planting {
  readonly #ground: Ground

  constructor(ground: Ground) {
    this.#ground = ground
  }

  async enrolEverybody(): Promise<void> {
    for (const plan of PEOPLE) {
      const land = this.#ground.landOf(plan)
      const named = (['pending', 'draining', 'revoked'] as const).find((state) => state === plan.cookie)
      const memberId = await this.#addMember(land, plan.before, plan.name)
      const device = await this.#addDevice(land, memberId, plan.before, named ?? 'active')
      const token = plan.cookie === 'superseded' ? 'superseded' : 'active'
      const secret = `${freshId()}${freshId()}`
      const fresh = freshToken(this.#ground.world.context, secret)
      const row = { community: land.community, ...fresh, device, member: memberId }
      await this.#ground.world.context.storage.transaction((trx) =>
        insertDeviceToken(trx, { ...row, createdAt: this.#ground.moment(0), state: token }),
      )
      const proven = plan.cookie === 'forged' ? `${freshId()}${freshId()}` : secret
      const cookie = plan.cookie === 'none' ? undefined : `${land.community}.${proven}`
      const wire = new WireDevice(cookie ?? '', {
        ...land.office.standing,
        memberId,
        deviceId: device,
        serverTime: this.#ground.moment(0),
      })
      this.#ground.people.push({ plan, memberId, device: wire, cookie })
    }
  }

  async #addMember(land: Land, bond: Standing | null, name: string, id = freshId()): Promise<string> {
    const bonds: Bond[] =
      bond === null
        ? []
        : [{ role: bond.role, teamId: this.#ground.teamId(bond.team), from: this.#ground.moment(0), until: null }]
    const said = land === this.#ground.far ? canary(`far ${name}`) : name
    await this.#ground.run([put('member', { id, name: said.slice(0, 20), bonds })], land)
    return id
  }

  async #addDevice(land: Land, memberId: string, bond: Standing | null, state: Device['state']) {
    const id = freshId()
    const { role, team } = bond ?? { role: 'member' as const, team: 'A' as const }
    const teamId = role === 'officer' ? null : this.#ground.teamId(team)
    const where = canary(`phone ${teamId ?? 'office'}`)
    const enrolledAt = this.#ground.moment(0)
    await this.#ground.run(
      [put('device', { id, memberId, role, teamId, name: where, matchCode: '123456', state, enrolledAt })],
      land,
    )
    return id
  }

  async #addPhone(story: string, land: Land, who: Omit<Planted, 'land' | 'id'>, state: 'pending' | 'active') {
    const id = freshId()
    const { memberId, role, teamId } = who
    const body = { id, memberId, role, teamId, name: canary(`phone ${teamId ?? 'office'}`), matchCode: '123456' }
    await this.#ground.run([put('device', { ...body, state, enrolledAt: this.#ground.moment(0) })], land)
    this.#ground.phones.set(story, { land, id, ...who })
  }

  /** Something of every kind, in every scope, with a word in every text that only those may see who may read it. */
  async plant(): Promise<void> {
    const teams = ['A', 'B', 'F'] as const
    for (const team of teams) {
      await this.#addMember(
        this.#landOfTeam(team),
        { role: 'member', team },
        `bystander ${team}`,
        this.#ground.bystanders[team],
      )
    }
    await this.#addMember(
      this.#ground.home,
      { role: 'officer', team: null },
      'bystander o',
      this.#ground.bystanders.office,
    )
    for (const team of [...teams, null]) await this.#plantForTeam(team)
    await this.#plantInStairwells()
    for (const person of [...this.#ground.people, null]) await this.#plantForPerson(person)
    for (const where of ['home', 'far'] as const) await this.#plantProgramme(where)
  }

  /** A wish of nobody, of somebody and of each person, and an activity that is to come. */
  async #plantProgramme(where: 'home' | 'far'): Promise<void> {
    const land = this.#ground[where]
    const said = where === 'far' ? canary('far wish') : 'wish'
    const moments = { publishedAt: this.#ground.moment(1), startsAt: this.#ground.moment(900) }
    const mates = this.#ground.people.filter(({ plan }) => plan.community === where)
    const stranger = this.#ground.bystanders[where === 'home' ? 'A' : 'F']
    const holders: [name: string, memberId: string | null][] = [
      ['', null],
      ['somebody', stranger],
    ]
    for (const { memberId } of mates) holders.push([memberId, memberId])
    for (const [name, memberId] of holders) {
      const id = freshId()
      const holder = memberId === null ? null : { memberId, until: this.#ground.moment(900) }
      const body = { id, text: said, state: 'open' as const, publishedAt: moments.publishedAt, holder, word: '' }
      await this.#ground.run([put('wish', body)], land)
      this.#ground.wishes.set(`${where} ${name}`, id)
    }
    const { startsAt } = moments
    const kept = { state: 'announced' as const, people: [], revision: 1, seats: null }
    const id = this.#ground.activities[where]
    await this.#ground.run([put('activity', { id, title: said, place: '', startsAt, endsAt: startsAt, ...kept })], land)
  }

  #landOfTeam(team: TeamName | null): Land {
    return team === 'F' ? this.#ground.far : this.#ground.home
  }

  async #plantForTeam(team: TeamName | null): Promise<void> {
    const land = this.#landOfTeam(team)
    const teamId = this.#ground.teamId(team)
    const story = team ?? 'none'
    const label = canary(`team ${story}`).slice(0, 16)
    const newcomer = async (role: Planted['role'], tail = '') => {
      const memberId = await this.#addMember(land, null, `new ${story}${tail}`)
      await this.#addPhone(`pending ${story}${tail}`, land, { teamId, memberId, role }, 'pending')
    }
    await newcomer(team === null ? 'officer' : 'member')
    if (team !== null) await newcomer('officer', ' officer')
    const holder = async (tail: string, standing: Standing | null) => {
      const memberId = await this.#addMember(land, standing, `held ${story}${tail}`)
      await this.#addPhone(`active ${story}${tail}`, land, { teamId, memberId, role: 'member' }, 'active')
    }
    await holder('', team === null ? { role: 'officer', team: null } : { role: 'member', team })
    if (team !== null) {
      await holder(' gone', null)
      await holder(' moved', { role: 'member', team: team === 'A' ? 'B' : 'A' })
      await holder(' risen', { role: 'officer', team: null })
    }
    const inviteId = freshId()
    const fresh = { codeHash: null, invitedBy: land.office.standing.memberId, state: 'open' as const, deviceId: null }
    const expiresAt = this.#ground.moment(400)
    const secretHash = hashSecret(inviteId)
    const terms = { role: team === null ? ('officer' as const) : ('member' as const), teamId, memberId: null }
    await this.#ground.run([put('invite', { id: inviteId, ...terms, secretHash, label, expiresAt, ...fresh })], land)
    this.#ground.invites.set(story, inviteId)
    const holdId = freshId()
    const held = { commandId: freshId(), memberId: freshId(), verb: 'visit/record', why: 'notGranted' as const }
    const place = { stairwellId: null, doorLabel: label, claimedAt: this.#ground.moment(1) }
    await this.#ground.run([put('hold', { id: holdId, teamId, ...held, ...place, state: 'waiting' })], land)
    this.#ground.holds.set(story, holdId)
  }

  async #plantInStairwells(): Promise<void> {
    for (const place of ['A', 'B', 'none', 'past', 'far'] as const) {
      const land = place === 'far' ? this.#ground.far : this.#ground.home
      const author = place === 'far' ? this.#ground.bystanders.F : this.#ground.bystanders[place === 'B' ? 'B' : 'A']
      const args = { stairwellId: this.#ground.stairwells[place], baseRevision: 0, note: canary(`note ${place}`) }
      const [answer] = await this.#ground.world.push(land.office, [land.office.command('stairwell/access-note', args)])
      if (answer?.result !== 'applied') throw new Error(JSON.stringify(answer))
      await this.#addVisit(land, place, author, '')
      for (const { plan, memberId } of this.#ground.people) {
        if (this.#ground.landOf(plan) === land) await this.#addVisit(land, place, memberId, plan.name)
      }
    }
  }

  async #addVisit(land: Land, place: PlaceName, recordedBy: string, whose: string): Promise<void> {
    const id = freshId()
    const at = {
      stairwellId: this.#ground.stairwells[place],
      roundId: land.openRound,
      doorId: this.#ground.doorOf(place),
      level: 1,
    }
    const what = { label: canary(place).slice(0, 16), outcome: 'met' as const, sessionId: null }
    await this.#ground.run([put('visit', { id, ...at, ...what, recordedBy, visitedAt: this.#ground.moment(1) })], land)
    this.#ground.visits.set(`${whose} in ${place}`, id)
  }

  async #plantForPerson(person: Person | null): Promise<void> {
    const owners = person
      ? [{ name: person.plan.name, memberId: person.memberId, land: this.#ground.landOf(person.plan) }]
      : (['A', 'B', 'F', 'office'] as const).map((name) => {
          return {
            name,
            memberId: this.#ground.bystanders[name],
            land: name === 'F' ? this.#ground.far : this.#ground.home,
          }
        })
    for (const { name, memberId, land } of owners) {
      const id = freshId()
      const begun = { startedAt: this.#ground.moment(1), endedAt: null, partnerIds: [], roundId: land.openRound }
      const visitId = freshId()
      const frozen = { minutes: 1, doors: 0, met: 0, quizzed: 0, stairwellIds: [], revision: 1, sessionId: null }
      const sentence = canary(`served ${memberId}`)
      const spent = {
        startedAt: this.#ground.moment(1),
        endedAt: this.#ground.moment(1),
        sentence,
        revisionHash: 'a'.repeat(64),
      }
      const deviceId = person?.device.id ?? memberId
      await this.#ground.run(
        [
          put('session', { id, memberId, ...begun }),
          put('serviceRecord', { id: freshId(), memberId, state: 'submitted', ...frozen, ...spent }),
          put('visitDetail', { id: freshId(), visitId, recordedBy: memberId, answerIds: [] }),
          put('lateAnswer', {
            id: freshId(),
            deviceId,
            commandId: freshId(),
            result: 'applied',
            code: canary(`d ${deviceId}`),
          }),
        ],
        land,
      )
      this.#ground.sessions.set(name, id)
    }
  }
}

/** A street for two teams, a closed round in which the same was handed out, and stairwells for the stories. */
async function layOut(world: WireWorld, community: string) {
  const office = await world.enter({ role: 'officer', community })
  const { street, commands } = layOutStreet(office)
  const floors = [{ level: 1, label: '1' }]
  const doors = [{ label: '101', level: 1, kind: 'home', column: 0 }]
  const more = ['3栋', '4栋'].map((building) => ({ estate: '华兴苑', building, stairwell: 'A梯', floors, doors }))
  const closedRound = freshId()
  const closed = { roundId: closedRound, number: 2, name: '旧轮', startsOn: '2026-10-01' }
  const grant = { roundId: closedRound, baseRevision: 0, memberIds: [], leaseUntil: null }
  commands.push(
    ...more.map((args) => office.command('roster/import-stairwell', args)),
    office.command('round/save', { ...closed, baseRevision: 0, state: 'open' }),
    ...street.stairwellIds.map((stairwellId, at) =>
      office.command('assignment/save', { ...grant, stairwellId, teamId: street.teamIds[at] }),
    ),
    office.command('round/save', { ...closed, baseRevision: 1, state: 'closed' }),
  )
  for (const answer of await world.push(office, commands)) {
    if (answer.result !== 'applied') throw new Error(JSON.stringify(answer))
  }
  const rows = await world.db
    .selectFrom('record')
    .select(['id', 'body'])
    .where('community', '=', community)
    .where('kind', '=', 'stairwell')
    .execute()
  const idOf = (building: string) => rows.find(({ body }) => body.includes(`"${building}"`))!.id
  const land: Land = { community, openRound: street.roundId, closedRound, office }
  return [land, { teams: street.teamIds, stairwells: street.stairwellIds, more: [idOf('3栋'), idOf('4栋')] }] as const
}
