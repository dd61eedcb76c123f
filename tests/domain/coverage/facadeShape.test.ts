import { describe, expect, it } from 'vitest'
import { alignColumns } from '../../../src/domain/coverage/alignColumns.ts'
import { chooseShape, miniCell, miniFacade, PHONE, planFacade } from '../../../src/domain/coverage/facadeShape.ts'
import type { FacadeRoom } from '../../../src/domain/coverage/facadeShape.ts'
import { DOOR_STATES } from '../../../src/domain/coverage/doorState.ts'
import { aFloor, aHouse, aShopFloor, aWindow, drawn } from './facadeShapeHouses.ts'

const DESK: FacadeRoom = { ...PHONE, widthPx: 640 }

describe('the shape of a façade', () => {
  it.each([
    { story: '2 doors a floor: the whole house', floors: aHouse(9, 2), room: PHONE, shape: 'house' },
    { story: '4 doors a floor: still the whole house', floors: aHouse(9, 4), room: PHONE, shape: 'house' },
    { story: '8 doors a floor, 30 floors: a tower', floors: aHouse(30, 8), room: PHONE, shape: 'tower' },
    { story: 'a tower fits whole on a wide screen', floors: aHouse(30, 8), room: DESK, shape: 'house' },
    { story: '20 doors a floor: a corridor', floors: aHouse(6, 20), room: PHONE, shape: 'corridor' },
    { story: 'a corridor stays one on a wide screen', floors: aHouse(6, 20), room: DESK, shape: 'corridor' },
    { story: 'very large text: a list', floors: aHouse(9, 2), room: { ...PHONE, textScale: 1.5 }, shape: 'list' },
    { story: 'large text keeps the house', floors: aHouse(9, 4), room: { ...PHONE, textScale: 1.25 }, shape: 'house' },
    {
      story: 'one odd wide floor does not change the house',
      floors: [...aHouse(9, 2), aFloor(0, ['001', '002', '003', '004', '005', '006', '007', '008'])],
      room: PHONE,
      shape: 'house',
    },
    { story: 'a narrow phone folds four windows in two rows', floors: aHouse(9, 4), room: { ...PHONE, widthPx: 240 }, shape: 'house' },
    { story: 'a house without homes', floors: [aShopFloor()], room: PHONE, shape: 'house' },
    { story: 'no floors at all', floors: [], room: PHONE, shape: 'house' },
  ])('$story', ({ floors, room, shape }) => {
    expect(chooseShape(floors, room)).toBe(shape)
  })

  it.each([
    { story: 'a tower opens 2 × 4', floors: aHouse(30, 8), columns: 2 },
    { story: 'a corridor opens 4 × 5', floors: aHouse(6, 20), columns: 4 },
    { story: 'a house has its own columns', floors: aHouse(6, 3), columns: 3 },
  ])('$story on a phone', ({ floors, columns }) => {
    expect(planFacade(floors, PHONE).columns).toBe(columns)
  })

  it('a door that only one floor has stands between its neighbours', () => {
    const floors = [aFloor(3, ['301', '302', '304']), aFloor(2, ['201', '202', '203', '204']), aFloor(1, ['101', '102', '104'])]
    const { place, width } = alignColumns(floors)
    expect(width).toBe(4)
    expect(place(floors[1]!).map(({ window, column }) => [window.label, column])).toEqual([
      ['201', 0],
      ['202', 1],
      ['203', 2],
      ['204', 3],
    ])
    const split = [...floors.slice(0, 1), aFloor(2, ['201', '202', '204']), aFloor(1, ['101', '102', '103A', '103B', '104'])]
    const first = alignColumns(split).place(split[2]!).map(({ window, column }) => [window.label, column])
    expect(first).toEqual([
      ['101', 0],
      ['102', 1],
      ['103A', 2],
      ['104', 3],
      ['103B', null],
    ])
  })

  it('folds evenly: four windows where three fit are two and two', () => {
    const plan = planFacade(aHouse(2, 4), { ...PHONE, widthPx: 240 })
    expect(drawn(plan.floors[0]!.panes, plan.columns)).toEqual(['201 202', '203 204'])
  })
})

describe('the columns of a façade', () => {
  it('stands 301 above 201 and leaves a gap as wall', () => {
    const plan = planFacade([aFloor(3, ['301', '303']), aFloor(2, ['201', '202', '203']), aFloor(1, ['101', '102', '103'])], PHONE)
    expect(plan.floors.map((floor) => drawn(floor.panes, plan.columns))).toEqual([['301 . 303'], ['201 202 203'], ['101 102 103']])
  })

  it('draws merged flats as one wide window', () => {
    const plan = planFacade([aFloor(5, ['501·502', '503']), aFloor(4, ['401', '402', '403']), aFloor(3, ['301', '302', '303'])], PHONE)
    expect(drawn(plan.floors[0]!.panes, plan.columns)).toEqual(['501·502 = 503'])
  })

  it('aligns floors that print 3A and 12A', () => {
    const plan = planFacade([aFloor(12, ['12A02'], { label: '12A' }), aFloor(4, ['3A01', '3A02'], { label: '3A' }), aFloor(3, ['301', '302'])], PHONE)
    expect(plan.floors.map((floor) => drawn(floor.panes, plan.columns))).toEqual([['. 12A02'], ['3A01 3A02'], ['301 302']])
  })

  it('gives 103A the place of 103 and wraps 103B', () => {
    const plan = planFacade([...aHouse(4, 3).slice(0, 3), aFloor(1, ['101', '102', '103A', '103B'])], PHONE)
    expect(drawn(plan.floors[3]!.panes, plan.columns)).toEqual(['101 102 103A', '103B . .'])
  })

  it('wraps the one odd wide floor below its first row', () => {
    const plan = planFacade([...aHouse(4, 2).slice(0, 3), aFloor(1, ['101', '102', '103', '104', '105'])], PHONE)
    expect(plan.columns).toBe(2)
    expect(drawn(plan.floors[3]!.panes, plan.columns)).toEqual(['101 102', '103 104', '105 .'])
  })

  it('follows the layout where labels say nothing', () => {
    const left = aWindow('甲', { doorId: 'a', level: 2, column: 0 })
    const right = aWindow('乙', { doorId: 'b', level: 2, column: 1 })
    const below = aWindow('丙', { doorId: 'c', level: 1, column: 1 })
    const plan = planFacade([{ level: 2, label: '2', windows: [left, right] }, { level: 1, label: '1', windows: [below] }], PHONE)
    expect(plan.floors.map((floor) => drawn(floor.panes, plan.columns))).toEqual([['甲 乙'], ['. 丙']])
  })

  it('keeps shops out of the windows and draws an empty floor as pillars', () => {
    const plan = planFacade([...aHouse(3, 2), { level: 0, label: '架空层', windows: [] }, aShopFloor(-1)], PHONE)
    const [pillars, shops] = plan.floors.slice(-2)
    expect(pillars).toMatchObject({ pillars: true, panes: [], shops: [] })
    expect(shops).toMatchObject({ pillars: false, panes: [], doors: 0 })
    expect(shops!.shops.map((window) => window.label)).toEqual(['01铺', '02铺', '03铺'])
  })

  it('never loses or doubles a window, whatever the labels', () => {
    const floors = [aFloor(3, ['301', '301A', '301之一', '3-1', '北座', '301·303']), aFloor(2, ['201', '202·203', '204']), aFloor(1, ['101'])]
    for (const room of [PHONE, DESK, { ...PHONE, textScale: 2 }]) {
      const plan = planFacade(floors, room)
      for (const [at, floor] of plan.floors.entries()) {
        const labels = floor.panes.map((pane) => pane.window.label)
        expect([...labels].sort()).toEqual(floors[at]!.windows.map((window) => window.label).sort())
        const cells = floor.panes.flatMap(({ row, column, span }) => Array.from({ length: span }, (_, step) => `${row}.${column + step}`))
        expect(new Set(cells).size).toBe(cells.length)
      }
    }
  })
})

describe('a corridor', () => {
  it('is drawn in the order of numbers when both sides are walked at once', () => {
    const plan = planFacade([aHouse(1, 20)[0]!], PHONE)
    expect(drawn(plan.floors[0]!.panes, 4)[0]).toBe('101 102 103 104')
    expect(plan.floors[0]!.aisleAfterRow).toBeNull()
  })

  it('is parted by its aisle when one side is walked first', () => {
    const plan = planFacade([aHouse(1, 20)[0]!], { ...PHONE, walkOrder: 'oneSide' })
    expect(drawn(plan.floors[0]!.panes, 4)).toEqual([
      '101 103 105 107',
      '109 111 113 115',
      '117 119 . .',
      '120 118 116 114',
      '112 110 108 106',
      '104 102 . .',
    ])
    expect(plan.floors[0]!.aisleAfterRow).toBe(2)
  })
})

describe('a façade in small', () => {
  it('knows four kinds of window', () => {
    const kinds = DOOR_STATES.map((state) => [state, miniCell(aWindow('301', { state }))])
    expect(Object.fromEntries(kinds)).toEqual({
      untouched: 'untouched',
      quizzed: 'lit',
      met: 'lit',
      brief: 'tried',
      again: 'tried',
      refused: 'tried',
      notHome: 'tried',
      doNotKnock: 'tried',
      vacant: 'notCounted',
      notAHome: 'notCounted',
      notFound: 'notCounted',
    })
  })

  it('leaves out shops and pillars, and shows a gap as wall', () => {
    const floors = [aFloor(3, ['302'], { states: ['met'] }), aFloor(2, ['201', '202']), aFloor(1, ['101', '102']), aShopFloor()]
    expect(miniFacade(floors)).toEqual([['wall', 'lit'], ['untouched', 'untouched'], ['untouched', 'untouched']])
  })

  it('counts a floor by the doors that count', () => {
    const plan = planFacade([aFloor(2, ['201', '202', '203', '204'], { states: ['met', 'vacant', 'notHome', 'untouched'] }), aFloor(1, ['101'])], PHONE)
    expect(plan.floors[0]).toMatchObject({ knocked: 2, doors: 3 })
  })
})
