import type { LedgerCell, LedgerRow } from './cellText.ts'
import type { LedgerTable } from './findTables.ts'
import { readFloor } from './floors.ts'
import { printed, squeezed } from './halfWidth.ts'
import type { Standing } from './lineContext.ts'
import { cellAt } from './lineContext.ts'
import type { PlaceName } from './placeNames.ts'
import { namedPlace, NOWHERE, numberedBuilding, numberedStairwell, placeKey } from './placeNames.ts'
import type { SplitAddress } from './splitAddress.ts'
import { plainEstate, splitAddress } from './splitAddress.ts'

/** The places that one line names itself. `room` is what an address cell held beyond them. */
export interface LinePlaces {
  estate: string
  building?: PlaceName
  stairwell?: PlaceName
  floor: string
  room: string
}

/** The building named by a cell, with whatever else stands in it: 2栋, 华兴苑4栋1梯301房, 3-2 for 3栋 2单元. */
function readBuildingCell(cell: string): SplitAddress {
  const nothing = { estate: '', floor: '', room: '' }
  const plain = numberedBuilding(cell)
  if (plain) return { ...nothing, building: plain }
  const pair = /^(\d{1,3})-(\d{1,2}|[A-Z])$/u.exec(squeezed(cell).toUpperCase())
  if (pair) {
    const building = { stem: String(Number(pair[1])), word: '', tail: '' }
    return { ...nothing, building, stairwell: numberedStairwell(pair[2] ?? '') ?? NOWHERE }
  }
  const address = splitAddress(cell)
  return address.building || address.stairwell ? address : { ...nothing, building: namedPlace(cell) }
}

/** Joins the estate, building, stairwell and address cells of a line; what a cell says itself beats the address. */
export function readPlaces(table: LedgerTable, row: LedgerRow, room: number): LinePlaces {
  const text = (role: 'estate' | 'street' | 'building' | 'stairwell' | 'address') => {
    const cell = cellAt(table, row, role, room)
    return cell.date ? '' : cell.text
  }
  const places: LinePlaces = { estate: printed(squeezed(text('estate'))), floor: '', room: '' }
  const take = (found: SplitAddress) => {
    if (places.estate === '') places.estate = found.estate
    if (found.building) places.building ??= found.building
    if (found.stairwell) places.stairwell ??= found.stairwell
    if (places.floor === '') places.floor = found.floor
    if (places.room === '') places.room = found.room
  }
  const stairwell = text('stairwell')
  // 华兴路 and 21号之一 in two columns are one address.
  if (text('building') !== '') take(readBuildingCell(text('street') + text('building')))
  if (stairwell !== '') {
    const plain = numberedStairwell(stairwell)
    const split = plain ? undefined : splitAddress(stairwell)
    if (split?.stairwell && (split.building || readFloor(split.room) !== undefined)) {
      // 一单元三层 in one cell.
      const isFloor = readFloor(split.room) !== undefined
      take(isFloor ? { ...split, floor: split.room, room: '' } : split)
    } else places.stairwell = plain ?? namedPlace(stairwell)
  }
  if (text('address') !== '') {
    const split = splitAddress(text('address'))
    if (split.building || split.stairwell) take(split)
  }
  return places
}

const samePlace = (one: PlaceName, other: PlaceName): boolean => placeKey(one) === placeKey(other)

/** A street number beside other addresses belongs to the estate of the title, not to that of the line above. */
export function leaveEstate(state: Standing, address: SplitAddress): void {
  if (address.estate === '' && address.building?.word === '=') state.estate = state.titleEstate
}

/** A new estate or building ends what was filled down under the old one: no stairwell crosses over to another building. */
export function moveTo(state: Standing, places: Omit<LinePlaces, 'floor' | 'room'>): void {
  if (places.estate !== '' && plainEstate(places.estate) !== plainEstate(state.estate)) {
    if (state.estate !== '') Object.assign(state, { building: NOWHERE, stairwell: NOWHERE, floor: '' })
    state.estate = places.estate
  }
  if (places.building && !samePlace(places.building, state.building))
    Object.assign(state, { building: places.building, stairwell: NOWHERE, floor: '' })
  if (places.stairwell && !samePlace(places.stairwell, state.stairwell))
    Object.assign(state, { stairwell: places.stairwell, floor: '' })
}

/** Places are dates too when Excel had its way with 3-2 in the column of buildings. */
export function dateInPlaces(table: LedgerTable, row: LedgerRow, room: number): LedgerCell | undefined {
  const cells = (['building', 'stairwell', 'floor'] as const).map((role) => cellAt(table, row, role, room))
  return cells.find((cell) => cell.date !== undefined)
}
