import { describe, expect, it } from 'vitest'
import { nextDoor, waitingOnFloor, walkFloor } from '../../../src/domain/coverage/walk.ts'
import type { Walk } from '../../../src/domain/coverage/walk.ts'
import { aFloor, aHouse, aShopFloor } from './facadeShapeHouses.ts'

const DOWN: Walk = { order: 'bothSides', direction: 'down' }
const UP: Walk = { order: 'bothSides', direction: 'up' }

describe('the way through a stairwell', () => {
  const house = [aFloor(3, ['301', '302'], { states: ['untouched', 'met'] }), aFloor(2, ['201', '202']), aFloor(1, ['101', '102']), aShopFloor()]

  it.each([
    { story: 'begins at the top on the way down', from: null, walk: DOWN, next: '301' },
    { story: 'begins at the bottom on the way up, past the shops', from: null, walk: UP, next: '101' },
    { story: 'goes along the floor', from: 'door-201', walk: DOWN, next: '202' },
    { story: 'returns to what was skipped on the floor before it leaves it', from: 'door-302', walk: DOWN, next: '301' },
    { story: 'skips a door that is done', from: 'door-301', walk: DOWN, next: '201' },
    { story: 'goes to the floor above on the way up', from: 'door-102', walk: UP, next: '101' },
    { story: 'stays on the floor before it goes up', from: 'door-101', walk: UP, next: '102' },
  ])('$story', ({ from, walk, next }) => {
    expect(nextDoor(house, from, walk)?.label).toBe(next)
  })

  it('goes on to the next floor in the direction walked', () => {
    const done = [aFloor(3, ['301']), aFloor(2, ['201'], { states: ['notHome'] }), aFloor(1, ['101'])]
    expect(nextDoor(done, 'door-201', DOWN)?.label).toBe('101')
    expect(nextDoor(done, 'door-201', UP)?.label).toBe('301')
  })

  it('comes back at last to what lies behind', () => {
    const left = [aFloor(3, ['301']), aFloor(2, ['201'], { states: ['met'] }), aFloor(1, ['101'], { states: ['met'] })]
    expect(nextDoor(left, 'door-101', DOWN)?.label).toBe('301')
  })

  it('never offers a door that asked for peace, stands empty or is a shop, and ends when all are done', () => {
    const done = [aFloor(2, ['201', '202'], { states: ['doNotKnock', 'vacant'] }), aShopFloor(1)]
    expect(nextDoor(done, null, DOWN)).toBeNull()
  })

  it('visits every door of a house once', () => {
    const floors = aHouse(5, 3)
    const seen: string[] = []
    for (let door = nextDoor(floors, null, UP); door; door = nextDoor(floors, door.doorId, UP)) {
      seen.push(door.label)
      door.state = 'notHome'
    }
    expect(seen).toHaveLength(15)
    expect(seen.slice(0, 4)).toEqual(['101', '102', '103', '201'])
  })

  it('walks one side of a corridor and back along the other', () => {
    expect(walkFloor(['01', '02', '03', '04', '05'], 'oneSide')).toEqual(['01', '03', '05', '04', '02'])
    const floor = aHouse(1, 5)
    expect(nextDoor(floor, 'door-105', { order: 'oneSide', direction: 'down' })?.label).toBe('104')
  })

  it('marks the rest of a floor: untouched homes alone', () => {
    const floor = aFloor(3, ['301', '302', '303', '304'], { states: ['met', 'untouched', 'doNotKnock', 'untouched'] })
    expect(waitingOnFloor(floor, 'bothSides').map((window) => window.label)).toEqual(['302', '304'])
  })
})
