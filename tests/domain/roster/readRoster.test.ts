import { describe, expect, it } from 'vitest'
import { readRoster } from '../../../src/domain/roster/readRoster.ts'
import { wordQuestion, wordWhy } from '../../../src/domain/roster/wordAsk.ts'
import { aSheet, aTextSheet } from '../../factories/ledgers/aLedger.ts'

const doorsOf = (reading: ReturnType<typeof readRoster>) =>
  reading.doors.map((door) => [door.building, door.stairwell, door.floor, door.label].join(' '))

describe('filling down', () => {
  it('an address of a street lies in no estate because another line names one', () => {
    const { doors } = readRoster([aTextSheet('地址\n石榴桥路14号301\n石榴桥路14号302\n翠园小区3栋501房')])
    expect(doors.map(({ estate, building, label }) => [estate, building, label])).toEqual([
      ['', '石榴桥路14号', '301'],
      ['', '石榴桥路14号', '302'],
      ['翠园', '3栋', '501'],
    ])
  })

  it('a shop in a table of floors and numbers keeps its own label', () => {
    const { doors } = readRoster([aTextSheet('3栋2单元,,\n楼层,01,02\n2,201,202\n首层,01铺,02铺')])
    expect(doors.map(({ label, kind }) => [label, kind])).toEqual([
      ['201', 'home'],
      ['202', 'home'],
      ['01铺', 'shop'],
      ['02铺', 'shop'],
    ])
  })

  it('a stairwell never crosses over to another building', () => {
    const reading = readRoster([aTextSheet('楼栋,单元,房号\n1栋,A梯,201\n,,202\n2栋,,101')])
    expect(doorsOf(reading)).toEqual(['1栋 A梯 2 201', '1栋 A梯 2 202', '2栋  1 101'])
  })

  it('a blank floor is told by the room and not by the line above', () => {
    const reading = readRoster([aTextSheet('楼栋,楼层,房号\n1栋,3层,301\n,,401\n,,1201')])
    expect(doorsOf(reading)).toEqual(['1栋  3 301', '1栋  4 401', '1栋  12 1201'])
  })

  it('a merged value holds for all its lines', () => {
    const sheet = aSheet(
      [
        ['楼栋', '单元', '楼层', '房号'],
        ['2栋', '1单元', '左栋首层', '101'],
        [null, null, null, '102'],
        [null, null, null, '201'],
      ],
      '',
      [
        { top: 2, left: 0, bottom: 4, right: 0 },
        { top: 2, left: 1, bottom: 3, right: 1 },
      ],
    )
    expect(doorsOf(readRoster([sheet]))).toEqual(['2栋 1单元 1 101', '2栋 1单元 1 102', '2栋  2 201'])
  })

  it('a stairwell left blank beside a building written on every line means the one above', () => {
    const reading = readRoster([
      aTextSheet('楼栋,单元,房号\n1栋,A梯,201\n1栋,,202\n1栋,,301\n1栋,B梯,201\n1栋,,202\n1栋,,301'),
    ])
    expect(new Set(reading.doors.map((door) => door.stairwell))).toEqual(new Set(['A梯', 'B梯']))
  })

  it('dates and numbers of Excel', () => {
    const reading = readRoster([
      aSheet([
        ['楼栋', '房号'],
        [1, 301],
        [1, 302.0],
        [1, new Date(Date.UTC(2019, 2, 2))],
      ]),
    ])
    expect(doorsOf(reading)).toEqual(['1栋  3 301', '1栋  3 302'])
    expect(reading.questions.map((question) => [question.row, question.value])).toEqual([[4, '3月2日']])
  })
})

describe('answers', () => {
  const sheet = aTextSheet('楼栋,梯,楼层,房号,备注\n2栋,1梯,3,3月2日,\n3栋,,首层,03铺,\n3栋,,首层,4,商铺')
  const open = readRoster([sheet])

  it('asks about the date without a door and about the shop with one', () => {
    expect(open.questions.map(({ key, ask, proposal }) => [key, ask.code, proposal?.label])).toEqual([
      [2, 'dateLike', undefined],
      [4, 'shopNumber', '04铺'],
    ])
    expect(open.questions.map(wordQuestion)).toEqual([
      '第 2 行 3月2日：像是被 Excel 变成了日期，是 3-2 吗？',
      '第 4 行 4：商铺只有数字，是 04铺 吗？',
    ])
  })

  it('a text is read in place of the cell', () => {
    const reading = readRoster([sheet], new Map([[2, { text: '3-2' }]]))
    expect(doorsOf(reading)).toContain('2栋 1梯 3 3-2')
    expect(reading.questions.map((question) => question.row)).toEqual([4])
    expect(doorsOf(readRoster([sheet], new Map([[2, { text: '302' }]])))).toContain('2栋 1梯 3 302')
  })

  it('accept keeps the proposal and ends the question; skip leaves the line out', () => {
    const accepted = readRoster([sheet], new Map([[4, 'accept' as const]]))
    expect([accepted.doors.length, accepted.questions.length]).toEqual([2, 1])
    const skipped = readRoster(
      [sheet],
      new Map([
        [4, 'skip' as const],
        [2, 'skip' as const],
      ]),
    )
    expect(doorsOf(skipped)).toEqual(['3栋  首层 03铺'])
    expect(skipped.skipped.map(({ row, why }) => [row, wordWhy(why)])).toEqual([
      [2, '已按您的回答跳过'],
      [4, '已按您的回答跳过'],
    ])
  })
})

describe('several sheets', () => {
  const sheets = [
    aTextSheet('单元,房号\n1单元,101\n,102', '1栋'),
    aTextSheet('单元,房号\n1单元,101\n,2月1日', '2栋'),
    aTextSheet('填表说明\n请按实际情况填写每一栏', '说明'),
  ]
  const reading = readRoster(sheets)

  it('take their building from the name of the sheet', () =>
    expect(doorsOf(reading)).toEqual(['1栋 1单元 1 101', '1栋 1单元 1 102', '2栋 1单元 1 101']))
  it('have questions with keys of their own', () =>
    expect(reading.questions.map(({ key, row, sheet }) => [key, row, sheet])).toEqual([
      [100_003, 3, '2栋'],
      [200_001, 1, '说明'],
    ]))
  it('the same door on two sheets is one', () => {
    const twice = readRoster([aTextSheet('楼栋,房号\n1栋,101', '甲'), aTextSheet('楼栋,房号\n1栋,101', '乙')])
    expect(twice.doors).toHaveLength(1)
    expect(twice.skipped).toEqual([{ row: 2, sheet: '乙', why: { code: 'duplicate', of: 2, ofSheet: '甲' } }])
  })
})

describe('limits', () => {
  it('a sentence in the place of a name is asked about', () => {
    const reading = readRoster([aTextSheet(`楼栋,房号\n${'很长的'.repeat(20)}楼,101\n1栋,102`)])
    expect(doorsOf(reading)).toEqual(['1栋  1 102'])
    expect(reading.questions.map(({ row, ask, value }) => [row, ask.code, value])).toEqual([[2, 'unclear', '101']])
  })

  it('more than 50,000 lines are refused with a code', () => {
    const rows = Array.from({ length: 50_001 }, (_, index) => ({ line: index + 1, cells: ['x'] }))
    expect(() => readRoster([{ name: '', rows }])).toThrow(expect.objectContaining({ code: 'ledger_too_many_rows' }))
  })

  it('reads 40,000 lines', () => {
    const rows = Array.from({ length: 40_000 }, (_, index) => {
      const floor = (Math.floor(index / 4) % 30) + 1
      return [`${Math.floor(index / 120) + 1}栋`, `${floor}层`, `${floor}0${(index % 4) + 1}`, '住宅']
    })
    const reading = readRoster([aSheet([['楼栋', '楼层', '房号', '类型'], ...rows])])
    expect(reading.doors).toHaveLength(40_000)
  })
})
