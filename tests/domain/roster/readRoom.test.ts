import { describe, expect, it } from 'vitest'
import type { RoomContext } from '../../../src/domain/roster/readRoom.ts'
import { readRoom } from '../../../src/domain/roster/readRoom.ts'

const nowhere: RoomContext = { floor: '', floorIsOwn: false, isShop: false, trusted: false }
const onFloor = (floor: string): RoomContext => ({ ...nowhere, floor, floorIsOwn: true })
const labels = (cell: string, context = nowhere) => readRoom(cell, context).parts.map((part) => part.label)

describe('one room cell', () => {
  it.each([
    ['301', ['301']],
    ['301.0', ['301']],
    ['301室', ['301']],
    ['301 房', ['301']],
    ['301户', ['301']],
    ['301号房', ['301']],
    ['No.303', ['303']],
    ['№303', ['303']],
    ['#101', ['101']],
    ['３０２', ['302']],
    ['103b', ['103B']],
    ['104 ', ['104']],
    ['三〇二', ['302']],
    ['401、402', ['401', '402']],
    ['401/402', ['401', '402']],
    ['401，402；403', ['401', '402', '403']],
    ['401和402', ['401', '402']],
    ['401、2', ['401', '402']],
    ['401 402', ['401', '402']],
    ['501-504', ['501', '502', '503', '504']],
    ['601~602', ['601', '602']],
    ['601～602', ['601', '602']],
    ['201－204', ['201', '202', '203', '204']],
    ['201—203', ['201', '202', '203']],
    ['201至203', ['201', '202', '203']],
    ['201室到203室', ['201', '202', '203']],
    ['701-02', ['701', '702']],
    ['101-1', ['101-1']],
    ['3A01-3A03', ['3A01', '3A02', '3A03']],
    ['3A01-03', ['3A01', '3A02', '3A03']],
    ['101A-101C', ['101A', '101B', '101C']],
    ['501-503、505', ['501', '502', '503', '505']],
    ['201-207单号', ['201', '203', '205', '207']],
    ['201-206（双号）', ['202', '204', '206']],
    ['101-105除104', ['101', '102', '103', '105']],
    ['01-03铺', ['01铺', '02铺', '03铺']],
    ['1号铺-3号铺', ['1号铺', '2号铺', '3号铺']],
    ['01、02铺', ['01铺', '02铺']],
    ['天台01', ['天台01']],
    ['二楼左', ['二楼左']],
    ['二楼左、右', ['二楼左', '二楼右']],
    ['四楼（全层）', ['四楼（全层）']],
    ['304房（空置）', ['304']],
    ['值班室', ['值班室']],
    ['幼儿园', ['幼儿园']],
    ['E201', ['E201']],
    ['12A05', ['12A05']],
  ] as const)('%s is %j', (cell, expected) => {
    const read = readRoom(cell, nowhere)
    expect(read.ask).toBeUndefined()
    expect(read.parts.filter((part) => part.ask)).toEqual([])
    expect(read.parts.map((part) => part.label)).toEqual(expected)
  })

  it.each([
    ['左、右', '2', ['二楼左', '二楼右']],
    ['左右', '12', ['十二楼左', '十二楼右']],
    ['前座、后座', '3', ['三楼前座', '三楼后座']],
    ['左', '首层', ['首层左']],
    ['A-C', '8', ['8A', '8B', '8C']],
    ['全层', '4', ['四楼（全层）']],
    ['3-2', '3', ['3-2']],
  ] as const)('%s on floor %s is %j', (cell, floor, expected) => expect(labels(cell, onFloor(floor))).toEqual(expected))

  it.each([
    ['1-401', '1', undefined, '401'],
    ['A-301', 'A', undefined, '301'],
    ['2-1-402', '1', '2', '402'],
    ['2-1-4-02', '1', '2', '402'],
  ])('%s carries stairwell %s and building %s', (cell, lead, building, label) => {
    const [part] = readRoom(cell, nowhere).parts
    expect([part?.lead, part?.building, part?.label]).toEqual([lead, building, label])
  })

  it.each(['201-604', '504-501', '张三', '301张三', '3户', '12345', '?', '左'])(
    '%s is asked about, not guessed',
    (cell) => {
      const read = readRoom(cell, nowhere)
      expect(read.ask ?? read.parts[0]?.ask).toBeDefined()
      expect(read.parts.every((part) => part.ask)).toBe(true)
    },
  )

  it('0102 loses its leading zero and remembers it', () =>
    expect(readRoom('0102', nowhere).parts).toEqual([{ label: '102', zeroed: '0102', bare: false }]))
  it('3-2 on another floor is a riddle', () =>
    expect(readRoom('1-4', onFloor('5')).parts[0]?.ask?.code).toBe('rangeUnclear'))
  it('a remark in brackets leaves the label', () => expect(readRoom('304房（空置）', nowhere).remark).toBe('空置'))
})
