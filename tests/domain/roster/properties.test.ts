import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOutStairwells } from '../../../src/domain/roster/layOutStairwells.ts'
import { looksPersonal } from '../../../src/domain/roster/personalText.ts'
import type { Cell, RosterReading } from '../../../src/domain/roster/readRoster.ts'
import { readRoster } from '../../../src/domain/roster/readRoster.ts'
import { wordQuestion } from '../../../src/domain/roster/wordAsk.ts'
import { aSheet } from '../../factories/ledgers/aLedger.ts'

const HEADERS = [
  '楼栋',
  '单元',
  '梯号',
  '楼层',
  '房号',
  '室号',
  '类型',
  '备注',
  '户主姓名',
  '联系电话',
  '小区',
  '地址',
  '门牌号',
  '序号',
  '01',
  '02',
  '座',
  '',
]
const WORDS = [
  '1栋',
  '二栋',
  '2#',
  '3',
  'A座',
  '综合楼',
  '华兴一巷3号之一',
  '1单元',
  'A梯',
  '东梯',
  '2',
  '首层',
  '二楼',
  '3A',
  '天台',
  '架空层',
  '101',
  '201',
  '302室',
  '401、402',
  '501-504',
  '左、右',
  '1-401',
  '2-1-402',
  '03铺',
  '4',
  '0102',
  '3月2日',
  '商铺',
  '住宅',
  '非住宅',
  '空置',
  '小计',
  '合计：3户',
  '填表人：甲',
  '张三',
  '13800138000',
  '138-0013-8000',
  '440102199001011234',
  '华兴苑4栋1梯301房',
  '单元',
  '房号',
  '同上',
  '-',
  '',
  '',
  '整栋',
  '501+502',
  '12345',
  '201-604',
  'A-D',
  '值班室',
]
const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) },
  { weight: 1, arbitrary: fc.date() },
  { weight: 1, arbitrary: fc.constantFrom(null, true, NaN, 301.5, 1e21) },
)
const sheet = fc
  .record({
    header: fc.array(fc.constantFrom(...HEADERS), { minLength: 1, maxLength: 7 }),
    lines: fc.array(fc.array(cell, { maxLength: 7 }), { maxLength: 14 }),
    name: fc.constantFrom('', '1栋', '说明', 'Sheet1'),
    merges: fc.array(fc.record({ top: fc.nat(12), left: fc.nat(7), bottom: fc.nat(20), right: fc.nat(9) }), {
      maxLength: 2,
    }),
  })
  .map(({ header, lines, name, merges }) => aSheet([header, ...lines], name, merges))

const output = (reading: RosterReading): string[] => [
  ...reading.doors.flatMap((door) => [
    door.estate,
    door.building,
    door.stairwell,
    door.floor,
    door.label,
    door.note ?? '',
  ]),
  ...reading.questions.flatMap((question) => [question.value, wordQuestion(question)]),
]

describe('any ledger', () => {
  it('gives unique doors with a label and a floor, and nothing that looks like a telephone or identity number', () => {
    fc.assert(
      fc.property(fc.array(sheet, { minLength: 1, maxLength: 2 }), (sheets) => {
        const reading = readRoster(sheets)
        const names = reading.doors.map(({ estate, building, stairwell, label }) =>
          [estate, building, stairwell, label].join('\n'),
        )
        expect(new Set(names).size).toBe(names.length)
        expect(reading.doors.filter((door) => door.label === '' || door.floor === '')).toEqual([])
        expect(output(reading).filter(looksPersonal)).toEqual([])
        for (const { doors } of layOutStairwells(reading.doors)) {
          const windows = doors.map((door) => `${door.level} ${door.column}`)
          expect(new Set(windows).size).toBe(windows.length)
        }
      }),
      { numRuns: 600, seed: 20191114 },
    )
  })

  it('read again from its own normalised doors gives the same doors and asks nothing new about them', () => {
    const KINDS = { home: '住宅', shop: '商铺', office: '办公', other: '非住宅' } as const
    fc.assert(
      fc.property(sheet, (ledger) => {
        const first = readRoster([ledger]).doors
        // A blank cell means the one above, so only a list that names every place can be read again as it stands.
        fc.pre(first.length > 0 && first.every((door) => door.building !== ''))
        fc.pre(new Set(first.map((door) => door.estate === '')).size === 1)
        const withStairwell = new Set(first.filter((door) => door.stairwell !== '').map((door) => door.building))
        fc.pre(first.every((door) => door.stairwell !== '' || !withStairwell.has(door.building)))
        const lines = first.map((door) => [
          door.estate,
          door.building,
          door.stairwell,
          door.floor,
          door.label,
          KINDS[door.kind],
        ])
        const again = readRoster([aSheet([['小区', '楼栋', '单元', '楼层', '房号', '类型'], ...lines])])
        const plain = (doors: typeof first) =>
          doors.map(({ estate, building, stairwell, floor, label, kind }) =>
            [estate, building, stairwell, floor, label, kind].join('|'),
          )
        expect(plain(again.doors)).toEqual(plain(first))
      }),
      { numRuns: 600, seed: 20191115 },
    )
  })
})
