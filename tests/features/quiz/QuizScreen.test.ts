import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { loadQuizPack } from '../../../src/content/loadPacks.ts'
import { save } from '../../../src/db/here.ts'
import { readAll } from '../../../src/db/read.ts'
import { mintId } from '../../../src/domain/hash.ts'
import QuizScreen from '../../../src/features/quiz/QuizScreen.vue'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let page: VueWrapper
let router: Router
const stairwellId = aStairwell().id

beforeEach(async () => {
  phone = await openScreenPhone()
  await phone.put('stairwell', aStairwell())
  await phone.put('round', aRound())
})
afterEach(() => {
  page.unmount()
  phone.close()
})

/** Knocks at 301 and opens the quiz of that visit from the façade. */
async function openQuiz(questionsPerVisit = 1): Promise<void> {
  const hours = { visitingFrom: 1140, visitingUntil: 1260, quietDays: [] }
  const community = { id: phone.communityId, name: '石榴桥社区', ruleSetId: 'gz2019', revision: 1 }
  await phone.put('community', { ...community, ...hours, questionsPerVisit })
  const rest = { stairwellId, roundId: aRound().id, level: 3, label: '301', sessionId: null }
  const committed = await save('visit/record', { ...rest, outcome: 'met' })
  if (!committed.saved) throw new Error(committed.code)
  const nothing = { render: () => null }
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/stairwell/:stairwellId', component: nothing },
      { path: '/stairwell/:stairwellId/quiz/:visitId', component: QuizScreen, props: true },
    ],
  })
  await router.push(`/stairwell/${stairwellId}`)
  await router.push(`/stairwell/${stairwellId}/quiz/${mintId(committed.id, '0')}`)
  page = mount(RouterView, { attachTo: document.body, global: { plugins: [router] } })
  await waitUntil(() => page.find('.choice').exists())
}

const says = (words: string) => waitUntil(() => page.text().includes(words), { what: words })
const button = (name: string) => {
  const found = page.findAll('button').find((candidate) => candidate.text() === name)
  if (!found) throw new Error(`no button ${name}`)
  return found
}
const prompt = () => page.get('h2').text()
async function askedQuestion() {
  const { questions } = await loadQuizPack()
  const shown = questions.find((candidate) => candidate.prompt === prompt())
  if (!shown) throw new Error('the question is not in the pack')
  return shown
}
const binWords = { kitchen: '厨余垃圾', recyclable: '可回收物', hazardous: '有害垃圾', residual: '其他垃圾' } as const

test('the bin that the resident says is tapped, saved at once under the community’s edition, and the way leads back', async () => {
  await openQuiz()
  await says('301 · 住户说哪个桶，就点哪个')
  const question = await askedQuestion()
  expect(question.doorstep).toBe(true)
  await button(binWords[question.answer as 'kitchen']).trigger('click')
  await says('答对了')
  await says(question.explanation)
  await says('按广州 2019 年版')
  const [answer] = await readAll('quizAnswer')
  expect(answer).toMatchObject({ questionId: question.id, correct: true, ruleSetId: 'gz2019', stairwellId })
  expect(await readAll('quizTaken')).toHaveLength(1)
  await button('完成').trigger('click')
  await waitUntil(() => router.currentRoute.value.path === `/stairwell/${stairwellId}`)
})

test('a wrong bin is met kindly, with the right one and the reason', async () => {
  await openQuiz()
  const question = await askedQuestion()
  await button(question.answer === 'hazardous' ? '可回收物' : '有害垃圾').trigger('click')
  await says('这个很多人也会记混')
  expect(page.get('.verdict').text()).toContain(binWords[question.answer as 'kitchen'])
  expect((await readAll('quizAnswer'))[0]).toMatchObject({ correct: false })
})

test('skipping is free: nothing is saved', async () => {
  await openQuiz()
  await button('跳过').trigger('click')
  await waitUntil(() => router.currentRoute.value.path === `/stairwell/${stairwellId}`)
  expect(await readAll('quizAnswer')).toEqual([])
})

test('no question comes twice, and two per visit are two', async () => {
  await openQuiz(2)
  await says('第 1 题，共 2 题')
  const seen = new Set<string>([prompt()])
  for (let turn = 0; turn < 8; turn++) {
    await button('换一题').trigger('click')
    expect(seen.has(prompt())).toBe(false)
    seen.add(prompt())
  }
  await button('厨余垃圾').trigger('click')
  await waitUntil(() => page.find('.verdict').text() !== '')
  await button('下一题').trigger('click')
  await says('第 2 题，共 2 题')
  await button('厨余垃圾').trigger('click')
  await says('再问一题')
  expect(await readAll('quizAnswer')).toHaveLength(2)
  expect(await readAll('quizTaken')).toHaveLength(1)
})

test('in the resident’s hand the card stays until it is held for a second, or pressed twice without a pointer', async () => {
  await openQuiz()
  await button('给住户看').trigger('click')
  const card = () => page.find('dialog')
  expect(card().text()).toContain('您觉得它该投哪个桶')
  await router.push(`/stairwell/${stairwellId}`)
  expect(card().exists()).toBe(true)
  await card().trigger('cancel')
  expect(card().exists()).toBe(true)
  await card().get('.choice').trigger('click')
  await says('请把手机还给我们的队员')

  const hold = () => card().get('.hold')
  await hold().trigger('pointerdown')
  await hold().trigger('pointerup')
  phone.ring()
  expect(card().exists()).toBe(true)
  await hold().trigger('pointerdown')
  phone.ring()
  await waitUntil(() => !card().exists())

  await button('再问一题').trigger('click')
  await button('给住户看').trigger('click')
  await hold().trigger('click')
  expect(hold().text()).toBe('再按一次收回')
  await hold().trigger('click')
  await waitUntil(() => !card().exists())
})
