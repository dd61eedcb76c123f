import { describe, expect, test } from 'vitest'
import { drawQuestion } from '../../../src/domain/sorting/drawQuestion.ts'
import { judgeAnswer } from '../../../src/domain/sorting/judgeAnswer.ts'
import type { QuizQuestion } from '../../../src/domain/sorting/quizPack.ts'
import { quizPack, ruleSetOf, seeded } from './packs.ts'

const ruleSet = ruleSetOf('gz2023')

/** An evening of `count` questions. */
function evening(
  count: number,
  seed: number,
  options: { atDoor?: boolean; kinds?: QuizQuestion['kind'][] } = {},
): QuizQuestion[] {
  const random = seeded(seed)
  const questions: QuizQuestion[] = []
  for (let n = 0; n < count; n += 1) {
    const question = drawQuestion(quizPack, { ruleSet, random, asked: questions.map(({ id }) => id), ...options })
    if (question !== undefined) questions.push(question)
  }
  return questions
}

describe('drawing a question', () => {
  test('each bin is the answer of a quarter of first questions, though half of all items are residual', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 2_000; seed += 1) {
      const answer = evening(1, seed)[0]?.answer ?? ''
      counts.set(answer, (counts.get(answer) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual(['hazardous', 'kitchen', 'recyclable', 'residual'])
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(75)
  })

  test('nothing repeats until everything was asked, then the round goes on without asking twice in a row', () => {
    const items = quizPack.questions.filter(({ kind, doorstep }) => kind === 'item' && doorstep)
    const ids = evening(items.length + 20, 3).map(({ id }) => id)
    expect(new Set(ids.slice(0, items.length)).size).toBe(items.length)
    expect(ids).toHaveLength(items.length + 20)
    ids.forEach((id, at) => expect(id).not.toBe(ids[at + 1]))
  })

  test('fines and trivia never come at a door, and may come in practice', () => {
    const atDoor = evening(120, 5, { kinds: ['item', 'rule'] })
    expect(atDoor.filter(({ doorstep }) => !doorstep)).toEqual([])
    const practice = evening(120, 5, { kinds: ['item', 'rule'], atDoor: false })
    expect(new Set(practice.map(({ id }) => id)).size).toBe(120)
  })

  test('only the wanted kind comes', () => {
    expect(new Set(evening(20, 1).map(({ kind }) => kind))).toEqual(new Set(['item']))
    expect(new Set(evening(20, 1, { kinds: ['rule'] }).map(({ kind }) => kind))).toEqual(new Set(['rule']))
  })

  test('an evening of eight questions is about six topics or more on average, and never about fewer than four', () => {
    const counts = Array.from({ length: 50 }, (_, seed) => new Set(evening(8, seed).map(({ topic }) => topic)).size)
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4)
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeGreaterThanOrEqual(6)
  })

  test('hard questions come more often than their share', () => {
    const mean = (questions: readonly QuizQuestion[]) =>
      questions.reduce((sum, { difficulty }) => sum + difficulty, 0) / questions.length
    const drawn = Array.from({ length: 800 }, (_, seed) => evening(1, seed)).flat()
    const byBin = ['kitchen', 'recyclable', 'hazardous', 'residual'].map((bin) => {
      const all = quizPack.questions.filter(({ answer }) => answer === bin)
      return mean(drawn.filter(({ answer }) => answer === bin)) > mean(all)
    })
    expect(byBin).toEqual([true, true, true, true])
  })

  test('an extreme random number still gives a question; an empty pack gives none', () => {
    for (const random of [() => 0, () => 0.999_999_999])
      expect(drawQuestion(quizPack, { ruleSet, random, asked: [] })).toBeDefined()
    expect(drawQuestion({ version: 1, questions: [] }, { ruleSet, random: () => 0, asked: [] })).toBeUndefined()
  })
})

describe('judging an answer', () => {
  const question = quizPack.questions.find(({ id }) => id === 'i002')
  if (question === undefined) throw new Error('i002 is missing')

  test('the right bin is right, another is not, and the verdict names its source and rule set', () => {
    expect(judgeAnswer(question, 'residual', ruleSet)).toMatchObject({
      correct: true,
      answer: 'residual',
      ruleSetId: 'gz2023',
    })
    const wrong = judgeAnswer(question, 'kitchen', ruleSet)
    expect(wrong).toMatchObject({ correct: false, answer: 'residual', explanation: question.explanation })
    expect(wrong.source).toContain('2019年版')
  })

  test("an edition's override of the question's item changes the verdict", () => {
    const medicine: QuizQuestion = {
      ...question,
      kind: 'item',
      item: '过期药品',
      answer: 'residual',
      options: ['hazardous', 'residual'],
    }
    expect(judgeAnswer(medicine, 'residual', ruleSetOf('gz2023')).correct).toBe(true)
    const in2019 = judgeAnswer(medicine, 'residual', ruleSetOf('gz2019'))
    expect(in2019).toMatchObject({ correct: false, answer: 'hazardous', ruleSetId: 'gz2019' })
    expect(in2019.explanation).toContain('2019')
  })
})
