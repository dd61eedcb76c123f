import type { DraftDoor } from './draftDoor.ts'
import { floorLevel, floorOfLabel, isNumberedFloor } from './floors.ts'
import type { PlaceName } from './placeNames.ts'
import { isNowhere, NOWHERE, numberedBuilding, numberedStairwell, placeKey } from './placeNames.ts'
import { settleWords } from './settleNames.ts'
import { plainEstate } from './splitAddress.ts'

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}

/** 石榴桥路14号: an address of a street, which lies in no estate unless a line or a title says so. */
const STREET_NUMBER = /[路街巷道里坊].*\d+号/u

/** 华兴苑 and 华兴苑小区 are one estate, spelt as first met; a line that names none belongs to the only one there is. */
function settleEstates(drafts: readonly DraftDoor[]): void {
  const spelling = new Map<string, string>()
  const keyOf = (name: string) => name.replace(/小区$/u, '')
  for (const { estate } of drafts) {
    const key = keyOf(plainEstate(estate))
    if (estate !== '' && !spelling.has(key)) spelling.set(key, estate)
  }
  const single = spelling.size === 1 ? [...spelling.values()][0] : undefined
  for (const draft of drafts) {
    const fallback = STREET_NUMBER.test(draft.building.stem) ? '' : (single ?? '')
    draft.estate = draft.estate === '' ? fallback : (spelling.get(keyOf(plainEstate(draft.estate))) ?? draft.estate)
  }
}

const stemOf = (lead: string, read: (text: string) => PlaceName | undefined): string => read(lead)?.stem ?? lead

/**
 * Decides what the 1 of 1-401 is. Where no line of the table has a building it is the building; where it repeats the
 * building on every line it is that; else it is the stairwell, and a stairwell cell that says otherwise is asked about.
 */
function settleLeads(table: readonly DraftDoor[]): void {
  const led = table.filter((draft) => draft.lead !== '')
  if (led.length === 0) return
  const noBuilding = led.every((draft) => isNowhere(draft.building))
  const loose = led.filter((draft) => !draft.stairwellIsOwn)
  const repeats =
    loose.length > 0 && loose.every((draft) => stemOf(draft.lead, numberedBuilding) === draft.building.stem)
  const manyLeads = new Set(loose.map((draft) => draft.lead)).size > 1
  const manyLines = loose.length > 2
  for (const draft of led) {
    const lead = numberedStairwell(draft.lead) ?? NOWHERE
    if (noBuilding && !draft.stairwellIsOwn && isNowhere(draft.stairwell))
      draft.building = numberedBuilding(draft.lead) ?? NOWHERE
    else if (draft.stairwellIsOwn) {
      const agrees = lead.stem === draft.stairwell.stem || lead.stem === draft.building.stem
      if (!agrees) draft.ask ??= { code: 'stairwellConflict', ledger: draft.stairwell.stem, room: draft.lead }
    } else if (!(repeats && (manyLeads || manyLines))) draft.stairwell = lead
  }
}

/** Words such as 栋 and 梯 for every numbered name: those of the same number, building or estate, else the header's. */
function settlePlaces(drafts: readonly DraftDoor[]): void {
  for (const estate of groupBy(drafts, (draft) => draft.estate)) {
    const header = new Map(estate.map((draft) => [placeKey(draft.building), draft.words.building]))
    const buildings = settleWords(
      estate.map((draft) => draft.building),
      (name) => header.get(placeKey(name)) ?? '栋',
    )
    estate.forEach((draft, index) => (draft.building = buildings[index] ?? draft.building))
    const common = estate.find((draft) => ['梯', '单元'].includes(draft.stairwell.word))?.stairwell.word
    for (const building of groupBy(estate, (draft) => placeKey(draft.building))) {
      const header = building.find((draft) => draft.words.stairwell !== '')?.words.stairwell
      const stairwells = settleWords(
        building.map((draft) => draft.stairwell),
        () => header ?? common ?? '单元',
      )
      building.forEach((draft, index) => (draft.stairwell = stairwells[index] ?? draft.stairwell))
    }
  }
}

/** B201 is a basement only where no neighbour is called A201 or B601: else the letter is a block's. */
function settleLetters(table: readonly DraftDoor[]): void {
  const blocks = table.some(({ label }) => /^[AC-FH-LN-QS-Z]\d{3,4}$|^B[4-9]\d{2}$|^B\d{4}$/u.test(label))
  if (!blocks) return
  for (const draft of table) {
    const found = /^B(\d)\d{2}$/u.exec(draft.label)
    if (found?.[1] && draft.floorIsDerived && draft.floor === `B${found[1]}`) draft.floor = found[1]
  }
}

const twoDigits = (label: string): string => label.padStart(2, '0')

/** Where the floor is printed: 3 and 01 make 301, 天台 and 1 make 天台01, 首层 counts as 1. */
function joinFloor(floor: string, label: string): string {
  if (floor === '') return label
  if (isNumberedFloor(floor) || /^(?:B\d|G|LG|UG|M)$/u.test(floor)) return `${floor}${twoDigits(label)}`
  if (floorLevel(floor) === 1) return `1${twoDigits(label)}`
  return `${floor}${twoDigits(label)}`
}

/** Shops of a building keep one way of writing their numbers: 03铺 beside 4 makes 04铺. */
function shopLabel(written: readonly DraftDoor[], label: string): string {
  const pattern = /^(\d+)(号?)(铺|店|商铺|铺位)$/u
  const sibling = pattern.exec(written.find((draft) => pattern.test(draft.label))?.label ?? '')
  if (!sibling) return `${twoDigits(label)}铺`
  const digits = String(Number(label)).padStart(
    sibling[1]?.startsWith('0') || !sibling[2] ? (sibling[1]?.length ?? 2) : 1,
    '0',
  )
  return `${digits}${sibling[2]}${sibling[3]}`
}

/** Rooms of one or two digits. A ledger that writes all of them so means floor and number, and is not asked line by line. */
function settleBare(table: readonly DraftDoor[]): void {
  for (const building of groupBy(table, (draft) => placeKey(draft.building))) {
    const written = building.filter((draft) => !draft.bare)
    for (const draft of building.filter((found) => found.bare && found.kind === 'shop')) {
      draft.label = shopLabel(written, draft.label)
      draft.bare = false
      draft.ask ??= { code: 'shopNumber', label: draft.label }
    }
  }
  const homes = table.filter((draft) => draft.bare)
  const numbered = homes.filter((draft) => draft.floor !== '')
  const begins = (draft: DraftDoor) =>
    /^\d{2}$/u.test(draft.label) && draft.label.startsWith(draft.floor) && draft.floor.length === 1
  const asPrinted =
    numbered.length > 0 && numbered.every(begins) && new Set(numbered.map((draft) => draft.floor)).size > 1
  const written = table.filter((draft) => /^\d+$/u.test(draft.label) && draft.kind !== 'shop').length
  const habit = homes.length >= 3 && homes.length >= written * 0.6
  for (const draft of homes) {
    draft.bare = false
    if (draft.floor === '') {
      draft.floor = '1'
      draft.label = joinFloor(draft.floor, draft.label)
      draft.ask ??= { code: 'bareNumber', label: draft.label }
    } else if (!asPrinted) {
      draft.label = joinFloor(draft.floor, draft.label)
      if (!habit) draft.ask ??= { code: 'bareNumber', label: draft.label }
    }
  }
}

/** Whole labels whose line told no floor at all: 值班室 lies on the ground, unless somebody knows better. */
function settleFloors(drafts: readonly DraftDoor[]): void {
  for (const draft of drafts) {
    if (draft.floor !== '') continue
    const told = floorOfLabel(draft.label)
    draft.floor = told ?? (draft.kind === 'home' ? '1' : '首层')
    if (told === undefined) draft.ask ??= { code: 'floorUnknown', label: draft.label }
  }
}

/** Lets the whole ledger decide what single lines left open. Changes the drafts in place. */
export function settleDrafts(drafts: readonly DraftDoor[]): void {
  settleEstates(drafts)
  for (const table of groupBy(drafts, (draft) => String(draft.table))) {
    settleLeads(table)
    settleLetters(table)
    settleBare(table)
  }
  settlePlaces(drafts)
  settleFloors(drafts)
}
