import { expect, test } from 'vitest'
import { compareNames } from '../../../src/domain/coverage/comparePlaces.ts'
import {
  buildProgressRows,
  buildVisitRows,
  neutraliseFormula,
  toCsv,
  type VisitSources,
} from '../../../src/domain/coverage/exportRows.ts'
import type { Stairwell } from '../../../src/domain/records/stairwell.ts'
import type { Visit } from '../../../src/domain/records/visit.ts'

const evening = Date.UTC(2026, 10, 21, 12, 40)

function aStairwell(change: Partial<Stairwell> = {}): Stairwell {
  const place = { id: 'stairwell-a-0000', estate: '华兴苑', building: '2栋', stairwell: '1梯' }
  const rest = { floors: [], doors: [], accessNote: '', accessNoteRevision: 0, revision: 1 }
  return { ...place, ...rest, ...change }
}

function aVisit(change: Partial<Visit> = {}): Visit {
  const place = { stairwellId: 'stairwell-a-0000', roundId: 'round-0000000000', doorId: 'door-00000000000' }
  const what = { level: 3, label: '301', outcome: 'met' as const, sessionId: null }
  return { id: 'visit-0000000001', ...place, ...what, recordedBy: 'member-000000000', visitedAt: evening, ...change }
}

function sources(change: Partial<VisitSources> = {}): VisitSources {
  return {
    visits: [aVisit()],
    voidedIds: new Set(),
    quizzedIds: new Set(),
    stairwells: new Map([['stairwell-a-0000', aStairwell()]]),
    roundName: () => '首轮',
    memberName: () => '示例甲',
    outcomeWord: (outcome) => outcome,
    bandWord: (hour) => `${hour}`,
    quizzedWord: '是',
    ...change,
  }
}

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '＋1', '－1', '＠x', '\t=1', '\r=1', '\n=1'])(
  'a text that begins like a formula is disarmed: %j',
  (text) => {
    expect(neutraliseFormula(text)).toBe(`'${text}`)
  },
)

test.each(['301', '华兴苑', '1-2', '', ' =1', "'x"])('any other text stays as it is: %j', (text) => {
  expect(neutraliseFormula(text)).toBe(text)
})

test('a stairwell is one line, in the order of a street, with the date of its last visit', () => {
  const counts = { doors: 48, knocked: 12, met: 7, quizzed: 2 }
  const houses = ['10栋', '2栋'].map((building) => ({ stairwell: aStairwell({ building }), counts, lastAt: evening }))
  houses.push({ stairwell: aStairwell({ building: '=cmd|1', stairwell: '' }), counts, lastAt: null as never })
  expect(buildProgressRows(houses)).toEqual([
    ['华兴苑', '2栋', '1梯', 48, 12, 7, 2, '2026-11-21'],
    ['华兴苑', '10栋', '1梯', 48, 12, 7, 2, '2026-11-21'],
    ['华兴苑', "'=cmd|1", '', 48, 12, 7, 2, ''],
  ])
})

test('a visit is one line with its band and never its minute; voided visits are left out', () => {
  const visits = [
    aVisit({ id: 'visit-0000000002', label: '302', outcome: 'notHome', visitedAt: evening + 60_000 }),
    aVisit(),
    aVisit({ id: 'visit-0000000003' }),
  ]
  const rows = buildVisitRows(
    sources({ visits, voidedIds: new Set(['visit-0000000003']), quizzedIds: new Set(['visit-0000000001']) }),
  )
  expect(rows).toEqual([
    ['首轮', '华兴苑', '2栋', '1梯', '301', 'met', '是', '2026-11-21', '19', '示例甲'],
    ['首轮', '华兴苑', '2栋', '1梯', '302', 'notHome', '', '2026-11-21', '19', '示例甲'],
  ])
})

test('names that somebody typed cannot act, and a visit whose stairwell is unknown keeps its line', () => {
  const [row] = buildVisitRows(
    sources({ stairwells: new Map(), memberName: () => '=HYPERLINK("x")', roundName: () => '@首轮' }),
  )
  expect(row?.slice(0, 5)).toEqual(["'@首轮", '', '', '', '301'])
  expect(row?.at(-1)).toBe('\'=HYPERLINK("x")')
})

test('CSV carries its mark, CR LF and doubled quotes', () => {
  expect(toCsv([['栋', 1], ['说"好"', 'a,b'], ['', 'c\nd']])).toBe('\ufeff栋,1\r\n"说""好""","a,b"\r\n,"c\nd"\r\n')
})

test('2 stands before 10, and a missing stairwell before a named one', () => {
  expect(['10栋', '2栋', 'A座', '1栋', ''].sort(compareNames)).toEqual(['', '1栋', '2栋', '10栋', 'A座'])
  expect(['第三队', '第十队', '第二队', '第一队'].sort(compareNames)).toEqual(['第一队', '第二队', '第三队', '第十队'])
  expect(compareNames('1栋', '01栋')).not.toBe(0)
})
