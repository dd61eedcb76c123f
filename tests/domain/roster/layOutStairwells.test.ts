import { describe, expect, it } from 'vitest'
import { layOutStairwells } from '../../../src/domain/roster/layOutStairwells.ts'
import { readRoster } from '../../../src/domain/roster/readRoster.ts'
import { aTextSheet } from '../../factories/ledgers/aLedger.ts'

const layOut = (lines: string) =>
  layOutStairwells(readRoster([aTextSheet(`小区,楼栋,单元,楼层,房号,类型\n${lines}`)]).doors)
const columns = (lines: string) =>
  layOut(lines).map(({ doors }) => doors.map((door) => `${door.label}@${door.column}`).join(' '))

describe('stairwells from doors', () => {
  it('301 stands above 201 though 201 has a neighbour less', () =>
    expect(
      columns(
        '甲苑,1栋,A梯,2,201,住宅\n甲苑,1栋,A梯,2,203,住宅\n甲苑,1栋,A梯,3,301,住宅\n甲苑,1栋,A梯,3,302,住宅\n甲苑,1栋,A梯,3,303,住宅',
      ),
    ).toEqual(['201@0 203@2 301@0 302@1 303@2']))

  it('left stands above left, a whole floor at the left edge, shops in the order of their numbers', () => {
    expect(
      columns(
        '甲苑,一巷3号,,2,二楼右,住宅\n甲苑,一巷3号,,2,二楼左,住宅\n甲苑,一巷3号,,3,三楼右,住宅\n甲苑,一巷3号,,4,四楼（全层）,住宅',
      ),
    ).toEqual(['二楼左@0 二楼右@1 三楼右@1 四楼（全层）@0'])
    expect(columns('甲苑,1栋,,首层,02铺,商铺\n甲苑,1栋,,首层,01铺,商铺')).toEqual(['01铺@0 02铺@1'])
  })

  it('floors sort by level and keep the label of the ledger', () => {
    const [stairwell] = layOut(
      '甲苑,4栋,,天台,天台01,住宅\n甲苑,4栋,,5,501,住宅\n甲苑,4栋,,3A,3A01,住宅\n甲苑,4栋,,首层,101,住宅\n甲苑,4栋,,B1,B101,其他\n甲苑,4栋,,3,301,住宅',
    )
    expect(stairwell?.floors).toEqual([
      { level: -1, label: 'B1' },
      { level: 1, label: '首层' },
      { level: 3, label: '3' },
      { level: 3.5, label: '3A' },
      { level: 5, label: '5' },
      { level: 100, label: '天台' },
    ])
  })

  it('shops without a stairwell have the stairwell that has no name', () => {
    const stairwells = layOut('甲苑,1栋,,首层,01铺,商铺\n甲苑,1栋,A梯,2,201,住宅')
    expect(stairwells.map(({ stairwell, doors }) => [stairwell, doors.length])).toEqual([
      ['', 1],
      ['A梯', 1],
    ])
  })

  it('a ledger of one house without a building is laid out under the name of its estate', () => {
    const doors = readRoster([aTextSheet('房号\n101\n102')]).doors
    expect(layOutStairwells(doors).map(({ building }) => building)).toEqual(['本栋'])
    expect(
      layOutStairwells(doors.map((door) => ({ ...door, estate: '甲苑' }))).map(({ building }) => building),
    ).toEqual(['甲苑'])
  })

  it('no two doors share a window', () => {
    for (const { doors } of layOut(
      '甲苑,4栋,,2,201,住宅\n甲苑,4栋,,2,A201,住宅\n甲苑,4栋,,2,201A,住宅\n甲苑,4栋,,2,值班室,其他\n甲苑,4栋,,1,101,住宅\n甲苑,4栋,,首层,101A,住宅',
    )) {
      const windows = doors.map((door) => `${door.level} ${door.column}`)
      expect(new Set(windows).size).toBe(windows.length)
    }
  })
})
