import { freshId } from '../harness/wireWorld.ts'
import type { Case } from './Case.ts'
import type { Ground, Person } from './Ground.ts'

const WHERE = ['home', 'far', 'nowhere'] as const
type Where = (typeof WHERE)[number]
/** What lies in another community is not there. */
const isHere = (where: Where, person: Person) => where === person.plan.community

/** A wish in one of the communities: nobody's, the asker's own, or somebody else's. */
function ofWishes(verb: string, args: Record<string, unknown>, hasHolders = true): Case[] {
  return WHERE.flatMap((where) =>
    (hasHolders ? (['open', 'mine', 'theirs'] as const) : (['open'] as const)).map((whose): Case => {
      const story = `${whose} in ${where}`
      return {
        verb,
        story,
        when: 'now',
        ...(where === 'nowhere' ? {} : { twin: `${whose} in nowhere` }),
        args: (ground, person) => ({ wishId: wishOf(ground, person, where, whose), ...args }),
        key: (_standing, person) => (!isHere(where, person) ? 'nowhere' : hasHolders ? whose : 'any'),
      }
    }),
  )
}

function wishOf(ground: Ground, person: Person, where: Where, whose: 'open' | 'mine' | 'theirs'): string {
  if (where === 'nowhere') return freshId()
  const holder = whose === 'mine' ? person.memberId : whose === 'theirs' ? 'somebody' : ''
  return ground.wishes.get(`${where} ${holder}`) ?? freshId()
}

function ofActivities(verb: string, args: Record<string, unknown> = {}): Case[] {
  return WHERE.map((where): Case => {
    return {
      verb,
      story: `in ${where}`,
      when: 'now',
      ...(where === 'nowhere' ? {} : { twin: 'in nowhere' }),
      args: (ground) => ({ activityId: where === 'nowhere' ? freshId() : ground.activities[where], ...args }),
      key: (_standing, person) => (!isHere(where, person) ? 'nowhere' : verb === 'activity/save' ? 'any' : 'home'),
    }
  })
}

/** Wishes and activities: the office arranges them, everybody takes part. */
export function ofTheProgramme(): Case[] {
  const said = { title: 'x', place: '', startsAt: 0, endsAt: 0, seats: null, cancelled: false }
  return [
    {
      verb: 'wish/publish',
      story: 'a new one',
      when: 'now',
      args: () => ({ wishId: freshId(), text: 'x' }),
      key: () => 'any',
    },
    ...ofWishes('wish/close', {}, false),
    ...ofWishes('wish/claim', {}),
    ...ofWishes('wish/give-back', {}),
    ...ofWishes('wish/fulfil', { word: 'x' }),
    ...ofActivities('activity/save', { ...said, baseRevision: 1 }),
    ...ofActivities('activity/sign-up'),
    ...ofActivities('activity/withdraw'),
  ]
}
