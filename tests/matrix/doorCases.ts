import { put } from '../../src/domain/put.ts'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import { readRecords } from '../../sync-server/storage/records.ts'
import { freshId } from '../harness/wireWorld.ts'
import { inStairwells, isReadable, roundOf, type Case } from './Case.ts'
import type { Ground, Person } from './Ground.ts'
import type { PlaceName } from './people.ts'

function withAuthors(verb: string, args: (ground: Ground, place: PlaceName) => Record<string, unknown>): Case[] {
  const whose = ['mine', 'theirs', 'none', 'mine in another stairwell'] as const
  return whose.flatMap((author) =>
    inStairwells(verb, (ground, place, person) => {
      const other: PlaceName = place === 'A' ? 'B' : 'A'
      const visits = {
        mine: ground.visits.get(`${person.plan.name} in ${place}`),
        theirs: ground.visits.get(` in ${place}`),
        none: undefined,
        'mine in another stairwell': ground.visits.get(`${person.plan.name} in ${other}`),
      }
      return { ...args(ground, place), visitId: visits[author] ?? freshId() }
    })
      .filter(({ when }) => when !== 'old')
      .map((plain): Case => {
        const place = /^in (\w+)/.exec(plain.story)![1] as PlaceName
        const story = `${plain.story}, ${author}`
        const key: Case['key'] = (standing, person, phase) => {
          const here = plain.key(standing, person, phase)
          if (here === 'nowhere') return here
          const hidden = author === 'theirs' && !isReadable(place, person, phase)
          return `${here} ${author === 'mine in another stairwell' ? 'none' : author}${hidden ? ' unreadable' : ''}`
        }
        const nowhere = author === 'mine in another stairwell' ? { twin: `${plain.story}, none` } : {}
        return { ...plain, story, key, ...(plain.twin ? { twin: `${plain.twin}, ${author}` } : nowhere) }
      }),
  )
}

/** What is done at doors and in stairwells. */
export function atDoors(): Case[] {
  const visit = { level: 1, label: '101', outcome: 'met', sessionId: null }
  const noEntry = { reason: 'locked', sessionId: null }
  const cases: Case[] = []
  for (const [verb, more] of [
    ['visit/record', visit],
    ['visit/no-entry', noEntry],
  ] as const) {
    cases.push(...inStairwells(verb, (ground, place) => ({ ...more, roundId: roundOf(ground, place, 'openRound') })))
    const closed = inStairwells(verb, (ground, place) => ({ ...more, roundId: roundOf(ground, place, 'closedRound') }))
    cases.push(
      ...closed
        .filter(({ story }) => /^in (A|B|far) now/.test(story))
        .map(({ twin: _twin, ...plain }) => ({ ...plain, story: `${plain.story}, the round closed` })),
    )
    for (const round of ['nowhere', 'far'] as const) {
      const rounds = inStairwells(verb, (ground) => ({
        ...more,
        roundId: round === 'far' ? ground.far.openRound : freshId(),
      }))
      const noRound = rounds.filter(({ story }) => /^in (A|B) now/.test(story))
      cases.push(
        ...noRound.map((plain): Case => {
          const key: Case['key'] = (...given) => (plain.key(...given) === 'nowhere' ? 'nowhere' : 'no round')
          const twin = round === 'far' ? { twin: `${plain.story}, the round nowhere` } : {}
          return { ...plain, story: `${plain.story}, the round ${round}`, key, ...twin }
        }),
      )
    }
  }
  cases.push(...withAuthors('visit/void', (ground, place) => ({ doorId: ground.doorOf(place) })))
  cases.push(...withAuthors('quiz/record', () => ({ ruleSetId: 'gz2023', answers: [] })))
  cases.push(...inStairwells('door/add', () => ({ level: 1, label: '109', kind: 'home' })))
  cases.push(...inStairwells('door/rename', (ground, place) => ({ doorId: ground.doorOf(place), label: '108' })))
  cases.push(...inStairwells('door/rename', () => ({ doorId: freshId(), label: '108' }), ' no door').filter(isFresh))
  cases.push(...inStairwells('door/retire', (ground, place) => ({ doorId: ground.doorOf(place) })))
  cases.push(...inStairwells('door/retire', () => ({ doorId: freshId() }), ' no door').filter(isFresh))
  cases.push(...inStairwells('stairwell/access-note', () => ({ baseRevision: 1, note: 'ring twice' })))
  const stands = { stands: true }
  cases.push(
    ...inStairwells('door/confirm', (ground, place) => ({ doorId: ground.doorOf(place), ...stands }), '', false),
  )
  cases.push(
    ...inStairwells('door/confirm', () => ({ doorId: freshId(), ...stands }), ' no door', false).filter(isFresh),
  )
  cases.push(...inStairwells('stairwell/redact-note', () => ({ revision: 1 }), ' theirs', false).filter(isFresh))
  const mine = inStairwells('stairwell/redact-note', () => ({ revision: 1 }), ' mine', false).filter(isFresh)
  cases.push(
    ...mine.map((plain): Case => {
      const place = /^in (\w+)/.exec(plain.story)![1] as PlaceName
      return { ...plain, prepare: (ground, person) => signNote(ground, place, person) }
    }),
  )
  return cases
}

const isFresh = ({ when }: Case): boolean => when === 'now'

/** The note of a stairwell in the person's own community becomes that person's. */
async function signNote(ground: Ground, place: PlaceName, person: Person): Promise<void> {
  const land = ground.landOf(person.plan)
  const id = ground.stairwells[place]
  const [row] = await readRecords(ground.world.db, land.community, [{ kind: 'stairwell', id }])
  if (!row) return
  await ground.run([put('stairwell', { ...(JSON.parse(row.body) as Stairwell), accessNoteBy: person.memberId })], land)
}
