import { readFloor } from './floors.ts'
import { halfWidth, squeezed } from './halfWidth.ts'
import type { PlaceName } from './placeNames.ts'
import { namedPlace, numberedBuilding, numberedStairwell, STEM } from './placeNames.ts'
import { looksLikeEstate, plainEstate, splitAddress, withoutDistrict } from './splitAddress.ts'

/** The places that a title, a heading between tables or a sheet's name tells for the lines under it. */
export interface TitlePlaces {
  estate?: string
  building?: PlaceName
  stairwell?: PlaceName
  floor?: string
}

const LABELLED: readonly ['estate' | 'building' | 'stairwell', RegExp][] = [
  ['estate', /(?:小区名称|小区|楼盘名称|楼盘|苑区|屋苑):\s?([^\s,;:()]{2,20})/u],
  ['building', /(?:楼栋号?|栋号|幢号|楼号|座号|楼幢|楼宇):\s?([^\s,;:()]{1,20}(?:\s(?:栋|幢|座|号楼))?)/u],
  ['stairwell', /(?:单元号?|梯号|梯位|楼梯):\s?([^\s,;:()]{1,8}(?:\s(?:单元|梯))?)/u],
]
const DESCRIPTION =
  /楼栋|楼宇|房号|房屋|住户|门牌|住宅(?!区)|入户|户籍|人口|居民|业主|房间|单元|门户|各栋|敲门|垃圾|信息|基本|情况|台账|名册|花名册|登记|一览|明细|汇总|清单|统计|底册|档案|摸底|排查|调查|\d{4}年|资料|表$/u
const BUILDING = new RegExp(`(?:^|[^\\d、,至到和-])第?(${STEM}(?:栋|幢|座|号楼))(?![、,至到和-])`, 'gu')
const STAIRWELL = new RegExp(`(${STEM}(?:单元|梯)|[东西南北中左右]梯)(?![、,至到和-])`, 'gu')

const only = (found: readonly string[]): string | undefined => (new Set(found).size === 1 ? found[0] : undefined)

/** Reads the labels 小区：翠湖花园 楼栋：3栋, or the name in front of 楼栋房号台账. A community (社区) is no estate. */
export function readTitle(title: string): TitlePlaces {
  const half = halfWidth(title)
  const places: TitlePlaces = {}
  for (const [kind, pattern] of LABELLED) {
    const value = pattern.exec(half)?.[1]
    if (value === undefined) continue
    if (kind === 'estate') places.estate = plainEstate(value)
    else if (kind === 'building') places.building = numberedBuilding(value) ?? namedPlace(value)
    else places.stairwell = numberedStairwell(value) ?? namedPlace(value)
  }
  if (half.includes(':')) return places
  const flat = withoutDistrict(
    squeezed(title)
      .replace(/\([^()]*\)?/gu, '')
      .replace(/^(?:关于|\d{4}年度?|[一二三四五六七八九十\d]+[、.])/u, ''),
  ).toUpperCase()
  const building = only([...flat.matchAll(BUILDING)].map((found) => found[1] ?? ''))
  if (building !== undefined) places.building ??= numberedBuilding(building) ?? namedPlace(building)
  const stairwell = only([...flat.matchAll(STAIRWELL)].map((found) => found[1] ?? ''))
  if (stairwell !== undefined) places.stairwell ??= numberedStairwell(stairwell) ?? namedPlace(stairwell)
  const cut = building === undefined ? flat : flat.slice(0, flat.indexOf(building))
  const name = cut.slice(0, DESCRIPTION.exec(cut)?.index ?? cut.length).replace(/[第的]$/u, '')
  if (/^.{2,14}$/u.test(name) && !/^[\d\W_]*$/u.test(name.replace(/\p{Script=Han}/gu, 'x')) && looksLikeEstate(name))
    places.estate ??= plainEstate(name)
  return places
}

/** A line of its own between the doors: 二栋, 3栋2单元, A梯, 翠湖花园. Undefined where it names no place, or a room too. */
export function readHeading(text: string): TitlePlaces | undefined {
  const flat = squeezed(text).replace(/:$/u, '')
  if ([...flat].length > 24) return undefined
  const floor = /[层楼]$|^首层$/u.test(flat) && !/号楼$/u.test(flat) ? readFloor(flat) : undefined
  if (floor !== undefined) return { floor }
  const building = numberedBuilding(flat)
  if (building && building.word !== '') return { building }
  const stairwell = numberedStairwell(flat)
  if (stairwell && stairwell.word !== '') return { stairwell }
  const address = splitAddress(flat)
  if (/\d{2,}|[左右前后]$/u.test(address.room)) return undefined
  if (address.room === '' && address.floor === '' && (address.building || address.stairwell)) {
    const places: TitlePlaces = {}
    if (address.estate !== '') places.estate = address.estate
    if (address.building) places.building = address.building
    if (address.stairwell) places.stairwell = address.stairwell
    return places
  }
  const title = readTitle(text)
  return title.estate !== undefined || title.building || title.stairwell ? title : undefined
}
