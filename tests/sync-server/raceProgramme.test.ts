import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seatsOf, type Activity } from '../../src/domain/records/activity.ts'
import type { Wish } from '../../src/domain/records/wish.ts'
import type { SyncAnswer } from '../../src/protocol/sync.ts'
import { freshId, type WireDevice } from '../harness/wireWorld.ts'
import { Scene, withDefect } from './raceScene.ts'

const CONTESTS = 200
/** The defect shows in most contests, so a quarter of them is plenty. */
const DEFECT_CONTESTS = 50
const CONTEST_LIMIT_MS = 180_000
const SEATS = 2

interface Contest {
  officer: WireDevice
  phones: WireDevice[]
}

async function gather(scene: Scene): Promise<Contest> {
  const officer = await scene.device('officer')
  const { teamIds } = await scene.street(officer)
  return { officer, phones: await Promise.all([0, 1, 2, 3].map(() => scene.device('member', teamIds[0]))) }
}

/** All phones send one command each at once, through both processes. */
async function allAtOnce(scene: Scene, phones: readonly WireDevice[], verb: string, args: object) {
  const replies = await Promise.all(phones.map((phone, k) => scene.push(k, phone, [phone.command(verb, args)])))
  return replies.map(({ body }) => body.answers[0])
}

/** Several phones claim one wish at once, again and again. @returns per contest how many won, and how many were told so wrongly */
async function claimAtOnce(scene: Scene, { officer, phones }: Contest, rounds: number) {
  const winners: number[] = []
  let unlike = 0
  for (let round = 0; round < rounds; round++) {
    const wishId = freshId()
    await scene.mustPush(officer, [officer.command('wish/publish', { wishId, text: `心愿 ${round}` })])
    const answers = await allAtOnce(scene, phones, 'wish/claim', { wishId })
    const won = phones.filter((_, k) => answers[k]?.result === 'applied')
    const lost = answers.filter((answer) => answer?.result === 'refused' && answer.code === 'wish_taken')
    const wish = (await scene.bodies<Wish>('c', 'wish')).find(({ id }) => id === wishId)!
    winners.push(won.length)
    const isTheirs = won.some(({ standing }) => standing.memberId === wish.holder?.memberId)
    if (!isTheirs || won.length + lost.length !== phones.length) unlike++
  }
  return { winners, unlike }
}

/** More people than seats sign up at once, and then the first of them withdraws. @returns contests in which somebody was lost */
async function signUpAtOnce(scene: Scene, { officer, phones }: Contest, rounds: number) {
  let lost = 0
  let overfull = 0
  for (let round = 0; round < rounds; round++) {
    const activityId = freshId()
    const when = { startsAt: Date.now() + 3_600_000, endsAt: Date.now() + 7_200_000 }
    const said = { title: `活动 ${round}`, place: '', ...when, seats: SEATS, cancelled: false }
    await scene.mustPush(officer, [officer.command('activity/save', { activityId, baseRevision: 0, ...said })])
    const answers = await allAtOnce(scene, phones, 'activity/sign-up', { activityId })
    const found = async () => (await scene.bodies<Activity>('c', 'activity')).find(({ id }) => id === activityId)!
    const { people } = await found()
    const told = phones.filter((_, k) => answers[k]?.result === 'applied').map(({ standing }) => standing.memberId)
    if ([...people].sort().join() !== [...told].sort().join() || told.length !== phones.length) lost++
    const { seated, waiting } = seatsOf({ people, seats: SEATS })
    if (seated.length > SEATS || seated.some((id) => waiting.includes(id))) overfull++
    const [first, next] = [seated[0], waiting[0]]
    const leaving = phones.find(({ standing }) => standing.memberId === first)
    if (!leaving || next === undefined) continue
    await scene.push(round, leaving, [leaving.command('activity/withdraw', { activityId })])
    if (!seatsOf({ ...(await found()), seats: SEATS }).seated.includes(next)) lost++
  }
  return { lost, overfull }
}

describe('two processes on one PostgreSQL', () => {
  let scene: Scene
  let contest: Contest
  beforeAll(async () => {
    scene = await Scene.open()
    contest = await gather(scene)
  })
  afterAll(() => scene.close())

  test(`[SYNC-3] ${CONTESTS} contested wishes have one winner each`, { timeout: CONTEST_LIMIT_MS }, async () => {
    const { winners, unlike } = await claimAtOnce(scene, contest, CONTESTS)
    const doubles = winners.filter((count) => count !== 1).length
    console.log(`${CONTESTS} contested wishes of four phones: ${doubles} without one winner`)
    expect(winners).toEqual(Array(CONTESTS).fill(1))
    expect(unlike).toBe(0)
  })

  test(`[SYNC-3] ${CONTESTS} contested activities lose nobody`, { timeout: CONTEST_LIMIT_MS }, async () => {
    const seen = await signUpAtOnce(scene, contest, CONTESTS)
    console.log(`${CONTESTS} activities with ${SEATS} seats for four phones: ${JSON.stringify(seen)}`)
    expect(seen).toEqual({ lost: 0, overfull: 0 })
  })

  test('who came too late is told who has the wish', async () => {
    const { officer, phones } = contest
    const wishId = freshId()
    await scene.mustPush(officer, [officer.command('wish/publish', { wishId, text: '楼道灯' })])
    const [first, second] = phones as [WireDevice, WireDevice]
    await scene.mustPush(first, [first.command('wish/claim', { wishId })])
    const asked = second.request([second.command('wish/claim', { wishId })], { pull: true })
    const answers: SyncAnswer['answers'][number][] = []
    const holders: (string | undefined)[] = []
    for (let request = asked, more = true; more;) {
      const { body } = await scene.worker(1).post<SyncAnswer>('/api/sync', request, second.cookie)
      answers.push(...body.answers)
      for (const { id, body: told } of body.changes) if (id === wishId) holders.push((told as Wish).holder?.memberId)
      more = body.more
      request = second.request([], { pull: true, cursor: body.cursor, membership: body.membership })
    }
    expect(answers).toMatchObject([{ result: 'refused', code: 'wish_taken' }])
    expect(holders).toEqual([first.standing.memberId])
  })
})

describe('planted', () => {
  test(
    'deciding before the lock gives one wish to two people and loses some of a list',
    { timeout: CONTEST_LIMIT_MS },
    () =>
      withDefect('deciding before the lock', async (scene) => {
        const contest = await gather(scene)
        const { winners } = await claimAtOnce(scene, contest, DEFECT_CONTESTS)
        const { lost } = await signUpAtOnce(scene, contest, DEFECT_CONTESTS)
        const doubles = winners.filter((count) => count > 1).length
        console.log(`deciding before the lock: ${doubles} wishes with two winners, ${lost} lists that lost somebody`)
        expect(doubles).toBeGreaterThan(0)
        expect(lost).toBeGreaterThan(0)
      }),
  )
})
