import { kindFromWords } from './doorKind.ts'
import { expandRange } from './expandRange.ts'
import { floorOfLabel, isNumberedFloor, readFloor, spokenFloor } from './floors.ts'
import { halfWidth, squeezed } from './halfWidth.ts'
import { normaliseLabel } from './normaliseLabel.ts'
import { CHINESE_NUMBER } from './numerals.ts'
import type { RosterAsk } from './rosterShapes.ts'

/** What the line already says about the door. */
export interface RoomContext {
  /** The floor of the line itself, or the one filled down from above where the line is silent; '' if neither. */
  floor: string
  floorIsOwn: boolean
  isShop: boolean
  /** The officer typed this text, so 3-2 is meant as it stands. */
  trusted: boolean
}

/** One door of a room cell. */
export interface RoomPart {
  label: string
  /** The floor written into the cell itself (3楼301, 首层01铺). */
  floor?: string
  /** The number in front of the room: 1 of 1-401. */
  lead?: string
  /** The building in front of that: 2 of 2-1-402. */
  building?: string
  /** A number of one or two digits, which only the floor or its neighbours make a door. */
  bare: boolean
  /** The label before its leading zero was dropped. */
  zeroed?: string
  ask?: RosterAsk
}

export interface ReadRoom {
  parts: RoomPart[]
  /** Why nothing was read. */
  ask?: RosterAsk
  /** What stood in brackets and is no part of the label. */
  remark: string
}

const IDENTITY = /^(?:全层|整层|左|右|中|前|后|[东南西北上下]|[东南西北]{2}|前座|后座|复式|[A-H]座?)$/u
const SIDE = /^(?:[左右中前后东南西北内外]|[东西][南北])(?:座|边|侧|户|面|间|室|房)?$/u
const SIDE_PAIRS = /^(左右|左中右|前后|前中后|东西|南北|内外)(座)?$/u
const HEAD = `(?:\\d{1,2}|[A-Z]|${CHINESE_NUMBER})`
const HEAD_WORDS = '(?:栋|幢|座|号楼|#|单元|梯)?'
const ROOM = '(\\d{3,4}[A-Z]?|\\d{1,2}[A-H]\\d{2}[A-Z]?)'

const WHOLE_HOUSE = /^(?:整栋|整幢|全栋|独栋|单户|独户|独门独院|自建房)$/u
const PLAIN_ROOM: readonly RegExp[] = [
  /^[A-Z]{0,2}\d{3,4}[A-Z]{0,2}$/u,
  /^\d{1,2}[A-H]\d{2}[A-Z]?$/u,
  /^(?:\d{1,2}[A-H]|B\d|LG|UG|G|M|R)(?:[左右中前后东西南北内外]座?|[东西][南北])$/u,
  /^\d{1,2}[A-Z]{1,2}\d?$/u,
  /^(?:B\d|LG|UG|G|M|R)-?\d{1,2}[A-Z]?$/u,
  /^[A-Z]{0,2}\d{3,4}-\d{1,2}$/u,
  /^[左右前后东西南北]座\d{3,4}[A-Z]?$/u,
  /^[A-Z]?\d{3,4}(?:[左右前后东西南北上下中]|（[^）]{1,4}）|之[一二三四五六\d])$/u,
  /^复式\d{3,4}[A-Z]?$/u,
  /^(?:天台|天面|楼顶|顶楼|阁楼)(?:屋|房|加建|搭建|小屋)\d{0,2}$/u,
  /^(?:天台|天面|楼顶|顶楼|顶层|架空层|阁楼|夹层|首层|地下室|地下|负[一二三]层)(?:\d{1,3}[A-Z]?|[左右前后东西])?$/u,
  /^(?:[左右前后东西内外]|首层)?[A-Z]?\d{0,4}[A-Z]?(?:号)?(?:铺位|商铺|门面|铺|店|档口|档)\d{0,4}[A-Z]?$/u,
]

/** Takes bracketed text out: identity (全层, 左) stays on the label, the rest is a remark. */
function pullBrackets(cell: string): { text: string; remark: string } {
  const remarks: string[] = []
  const text = halfWidth(cell).replace(/\(([^()]*)\)?/gu, (_, inner: string) => {
    if (IDENTITY.test(squeezed(inner))) return `（${squeezed(inner)}）`
    remarks.push(inner)
    return ''
  })
  return { text, remark: remarks.join('，') }
}

/** Blanks separate rooms only between whole rooms; elsewhere they are typing. */
function joinBlanks(text: string): string {
  const words = text.split(' ')
  const whole = (word: string) => /^(?:[A-Z]?\d{3,5}[A-Z]?|\d{1,2}[A-Z]\d{0,2}|[左右前后中])(?:室|房|户)?$/iu.test(word)
  return words.length > 1 && words.every(whole) ? words.join('、') : words.join('')
}

/** The same within each item of a list: 301,302 303 are three rooms, 3 01 is one. */
const withoutBlanks = (text: string): string =>
  text
    .split(/([、,;|&])/u)
    .map((item) => joinBlanks(item.trim()))
    .join('')

const SEPARATORS = /以及|[、,;/|&和及与]/u

interface Selection {
  only?: 'odd' | 'even'
  except: ReadonlySet<string>
  text: string
}

/** 单号, 双号 and 除402 narrow a range. */
function readSelection(text: string, remark: string): Selection {
  const both = `${text} ${remark}`
  const only = /单号|单数|奇数/u.test(both) ? 'odd' : /双号|双数|偶数/u.test(both) ? 'even' : undefined
  const except = new Set<string>()
  for (const found of both.matchAll(
    /(?:除去|除了|除|不含|不包括|没有|缺|无)((?:\d{3,4}[A-Z]?(?:室|房)?[、,和及]?)+)/gu,
  ))
    for (const label of (found[1] ?? '').match(/\d{3,4}[A-Z]?/gu) ?? []) except.add(label)
  const rest = text
    .replace(/[、,;]?(?:除去|除了|除|不含|不包括|没有|缺|无)(?:\d{3,4}[A-Z]?(?:室|房)?[、,和及]?)+(?:外|以外)?/gu, '')
    .replace(/[、,;]?(?:单号|单数|奇数|双号|双数|偶数)/gu, '')
  return only ? { only, except, text: rest } : { except, text: rest }
}

const numberOf = (label: string): number => Number(/(\d+)\D*$/u.exec(label)?.[1] ?? 0)

const select = (labels: readonly string[], { only, except }: Selection): string[] =>
  labels.filter((label) => {
    const odd = numberOf(label) % 2 === 1
    return !except.has(normaliseLabel(label)) && (only === undefined || (only === 'odd') === odd)
  })

/** 402 of 401、2 and 401/02: a later number that is shorter borrows the head of the first. */
function lendHeads(items: readonly string[]): string[] {
  const first = /^(.*?)(\d{3,4})(?:\D*)$/u.exec(items[0] ?? '')
  return items.map((item, index) => {
    const short = /^(\d{1,2})(室|房|户)?$/u.exec(item)
    if (index === 0 || !first?.[2] || !short?.[1]) return item
    return `${first[1]}${first[2].slice(0, first[2].length - short[1].length)}${short[1]}`
  })
}

/** 铺 of 01、02铺 and 座 of 前、后座 belong to every item. */
function lendTails(items: readonly string[]): string[] {
  const tail = /\d(号铺位|号商铺|号铺|铺位|商铺|铺|店|档)$|^[左右前后东西](座|边)$/u.exec(items[items.length - 1] ?? '')
  const word = tail?.[1] ?? tail?.[2]
  if (word === undefined) return [...items]
  return items.map((item) => (/^\d{1,3}[A-Z]?$|^[左右前后东西]$/u.test(item) ? `${item}${word}` : item))
}

/** 二楼左、右: the floor in front of the first item belongs to the next ones too. */
function lendFloors(items: readonly string[]): string[] {
  const head = new RegExp(`^((?:${CHINESE_NUMBER}|\\d{1,2})[楼层]|首层|地下)(?=[左右前后东西]|\\d{1,2}铺)`, 'u').exec(
    items[0] ?? '',
  )?.[1]
  if (head === undefined) return [...items]
  return items.map((item, index) =>
    index > 0 && /^(?:[左右中前后东西南北]座?|\d{1,2}铺)$/u.test(item) ? `${head}${item}` : item,
  )
}

interface Lead {
  building?: string
  lead?: string
  room: string
}

/** 2-1-402, 1-401, 2-1-4-02, A-301; the rest of the cell without them is the room. */
function readLead(text: string): Lead | undefined {
  const four = new RegExp(
    `^(${HEAD})${HEAD_WORDS}-(${HEAD})${HEAD_WORDS}-(\\d{1,2}[A-H]?)[层楼]?-(\\d{1,2})(?:室|房)?$`,
    'u',
  ).exec(text)
  if (four)
    return { building: four[1] ?? '', lead: four[2] ?? '', room: `${four[3]}${(four[4] ?? '').padStart(2, '0')}` }
  const three = new RegExp(`^(${HEAD})${HEAD_WORDS}-(${HEAD})${HEAD_WORDS}-(.*\\d.*)$`, 'u').exec(text)
  if (three && new RegExp(`^${ROOM}`, 'u').test(three[3] ?? ''))
    return { building: three[1] ?? '', lead: three[2] ?? '', room: three[3] ?? '' }
  const floors = new RegExp(`^(${HEAD})${HEAD_WORDS}-(\\d{1,2}[A-H]?)-(\\d{2})(?:室|房)?$`, 'u').exec(text)
  if (floors) return { lead: floors[1] ?? '', room: `${floors[2]}${floors[3]}` }
  const two = new RegExp(`^(${HEAD})${HEAD_WORDS}-(.*\\d.*)$`, 'u').exec(text)
  if (two && new RegExp(`^${ROOM}`, 'u').test(two[2] ?? '')) return { lead: two[1] ?? '', room: two[2] ?? '' }
  return undefined
}

/** 3楼301 and 首层01铺 name their floor in front; 二楼左 and 四楼（全层） are labels as a whole. */
function readFloorHead(text: string): { floor: string; room: string; isLabel: boolean } | undefined {
  const found = new RegExp(
    `^(第?(?:${CHINESE_NUMBER}|\\d{1,2}[A-H]?)(?:层楼|[层楼])|\\d{1,2}F|首层|地下|负${CHINESE_NUMBER}[层楼])-?(.+)$`,
    'u',
  ).exec(text)
  const floor = readFloor(found?.[1] ?? '')
  if (!found || floor === undefined) return undefined
  const room = found[2] ?? ''
  if (/^（?(?:全层|整层)）?$/u.test(room))
    return { floor, room: `${spokenFloor(floor)}（${room.replace(/[（）]/gu, '')}）`, isLabel: true }
  if (/^（/u.test(room)) return { floor, room: `${spokenFloor(floor)}${room}`, isLabel: true }
  return { floor, room, isLabel: false }
}

const unclear: RosterAsk = { code: 'unclear' }
const asked = (ask: RosterAsk, label = ''): RoomPart => ({ label, bare: false, ask })

/** 左 needs its floor: 二楼左. */
function sidePart(side: string, floor: string): RoomPart {
  if (floor === '') return asked(unclear)
  return { label: `${spokenFloor(floor)}${side.replace(/(?:边|侧|户|面|间|室|房)$/u, '')}`, bare: false }
}

/** Floor and number: 3-2 is a label where the floor agrees, and a riddle where it does not. */
function floorDashNumber(text: string, context: RoomContext): RoomPart | undefined {
  const found = /^(\d{1,2}[A-H]?)-(\d{1,2}[A-Z]?)$/u.exec(text)
  if (!found) return undefined
  const floor = readFloor(found[1] ?? '')
  if (context.isShop) return asked({ code: 'rangeUnclear' })
  if (floor === undefined) return asked(unclear)
  const agrees = !context.floorIsOwn || context.floor === floor || readFloor(context.floor) === floor
  return agrees || context.trusted ? { label: text, floor, bare: false } : asked({ code: 'rangeUnclear' })
}

function fiveDigits(text: string, context: RoomContext): RoomPart {
  const found = /^(\d)(\d{2})(\d{2})$/u.exec(text)
  const repeatsFloor = /^\d{3}$/u.test(context.floor) && text.startsWith(context.floor)
  const agrees = context.floorIsOwn && (repeatsFloor || (found && Number(found[2]) === Number(context.floor)))
  if (agrees) return { label: text, bare: false, floor: context.floor }
  return asked(unclear)
}

/** One room after lists, ranges and leads are gone. */
function readOne(item: string, context: RoomContext): RoomPart {
  const raw = item.replace(/^(?:第)/u, '')
  if (new RegExp(`^\\d{1,3}户$`, 'u').test(raw) && raw.length < 4) return asked(unclear)
  const head = readFloorHead(raw)
  if (head) {
    if (SIDE.test(head.room)) return { ...sidePart(head.room, head.floor), floor: head.floor }
    if (head.isLabel) return { label: head.room, floor: head.floor, bare: false }
    return { ...readOne(head.room, { ...context, floor: head.floor, floorIsOwn: true }), floor: head.floor }
  }
  if (SIDE.test(raw)) return sidePart(raw, context.floor)
  if (/^（?(?:全层|整层)）?$/u.test(raw)) {
    return context.floor === ''
      ? asked(unclear)
      : { label: `${spokenFloor(context.floor)}（${raw.replace(/[（）]/gu, '')}）`, bare: false }
  }
  if (WHOLE_HOUSE.test(raw)) return { ...asked({ code: 'wholeHouse', label: '101' }, '101'), floor: '1' }
  const label = normaliseLabel(raw)
  const letter = /^([A-H])(?:座|户型)?$/u.exec(label)
  if (letter)
    return isNumberedFloor(context.floor) ? { label: `${context.floor}${letter[1]}`, bare: false } : asked(unclear)
  if (/^\d{1,2}$/u.test(label)) return { label, bare: true }
  if (/^0\d{3}[A-Z]?$/u.test(label)) return { label: label.slice(1), zeroed: label, bare: false }
  if (/^\d{5}$/u.test(label)) return fiveDigits(label, context)
  if (PLAIN_ROOM.some((pattern) => pattern.test(label))) return { label, bare: false }
  const dashed = floorDashNumber(label, context)
  if (dashed) return dashed
  if (kindFromWords(label) !== undefined || readFloor(label) !== undefined) return { label, bare: false }
  return asked(unclear)
}

/** One item of a list, which may be a range: 501-504, 3A01至3A03, 左右. */
function readItem(item: string, context: RoomContext, selection: Selection): RoomPart[] {
  const pair = SIDE_PAIRS.exec(item)
  if (pair) return [...(pair[1] ?? '')].map((side) => readOne(`${side}${pair[2] ?? ''}`, context))
  if (/[+·•]/u.test(item)) {
    const rooms = item.split(/[+·•]/u).map(normaliseLabel)
    if (rooms.every((room) => /^\d{3,4}[A-Z]?$/u.test(room))) {
      const label = rooms.join('·')
      const floor = floorOfLabel(rooms[0] ?? '')
      return [{ label, bare: false, ask: { code: 'mergedFlat', label }, ...(floor === undefined ? {} : { floor }) }]
    }
  }
  const clean = item.replace(/^(?:NO[.:]?|#)(?=\d)/iu, '')
  const lead = readLead(clean)
  if (lead) {
    const inner = readItem(lead.room, context, selection)
    return inner.map((part) => ({
      ...part,
      ...(lead.building === undefined ? {} : { building: lead.building }),
      lead: lead.lead ?? '',
    }))
  }
  const head = readFloorHead(clean)
  if (head && /\d-\d|~/u.test(head.room))
    return readItem(head.room, { ...context, floor: head.floor, floorIsOwn: true }, selection).map((part) => ({
      ...part,
      floor: head.floor,
    }))
  const ends = /^(.+?)(-+|~+)(.+)$/u.exec(clean.replace(/(\d|[铺室房户号A-Z左右])(?:至|到)(?=.)/gu, '$1~'))
  if (ends) {
    const tidy = (end: string) => end.replace(/^(?:NO[.:]?|#)(?=\d)/iu, '').toUpperCase()
    const from = tidy(ends[1] ?? '')
    const to = tidy(ends[3] ?? '')
    const ambiguous =
      ends[2]?.startsWith('-') &&
      (/^[1-9]\d?$/u.test(from) ? /^[1-9]\d?$/u.test(to) : /^\d{3,4}$/u.test(from) && /^\d$/u.test(to))
    const labels = ambiguous
      ? undefined
      : expandRange(from.replace(/(?:室|房|户)$/u, ''), to.replace(/(?:室|房|户)$/u, ''))
    if (labels) return select(labels, selection).map((label) => readOne(label, context))
    if (ends[2]?.startsWith('~') || (/\d{3}/u.test(from) && /\d{3}/u.test(to))) return [asked({ code: 'rangeUnclear' })]
  }
  return [readOne(clean, context)]
}

/**
 * Reads one room cell that holds neither a date nor a whole address: 301室, No.303, 401、402, 501-504, 3A01-3A03, 左、右,
 * 1-401, 2-1-402, 03铺, 304房（空置）. Never throws; what it cannot read comes back with a question.
 */
export function readRoom(cell: string, context: RoomContext): ReadRoom {
  const { text, remark } = pullBrackets(cell)
  const selection = readSelection(
    withoutBlanks(text.toUpperCase()).replace(/(\d{3,4})\.(?=\d{3,4}(?:\D|$))/gu, '$1、'),
    remark,
  )
  const items = selection.text.split(SEPARATORS).filter((item) => item !== '')
  if (items.length === 0) return { parts: [], ask: unclear, remark }
  const whole = lendFloors(lendTails(lendHeads(items)))
  return { parts: whole.flatMap((item) => readItem(item, context, selection)), remark }
}
