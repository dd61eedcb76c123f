import { squeezed } from './halfWidth.ts'
import type { PlaceName } from './placeNames.ts'
import { namedPlace, numberedBuilding, numberedStairwell, STEM } from './placeNames.ts'
import { CHINESE_NUMBER } from './numerals.ts'

export interface SplitAddress {
  estate: string
  building?: PlaceName
  stairwell?: PlaceName
  floor: string
  /** What is left for the room: 301房, 1-401, 二楼左, 501-504, or ''. */
  room: string
}

const STREET_WORDS = '路街巷道里坊弄约村围庄塘社岗队横庙园涌桥'
const BRANCH = `之(?:十[一二三四五六七八九](?![楼层])|[一二三四五六七八九十]|\\d{1,2}?(?=\\D|\\d{3,4}\\D*$|$))`
const NUMBER_SIGN = `(?:\\d{1,4}(?:-\\d{1,3})?|${CHINESE_NUMBER})号(?![楼铺店梯房室栋商档])`
const STREET = new RegExp(
  `^(.*?[${STREET_WORDS}])(${NUMBER_SIGN}(?:${BRANCH})?)((?:[前后左右中东西南北]座|大院|院)?)`,
  'u',
)
const PLAIN_NUMBER = new RegExp(`^()(${NUMBER_SIGN}(?:${BRANCH})?)((?:[前后左右中]座)?)`, 'u')
const BUILDING = new RegExp(
  `^(.*?)第?(${STEM})(栋楼|号楼|号栋|栋|幢|座|#楼|#|(?:楼(?=.*单元)))(\\([^()]*\\)|[前后]座)?`,
  'u',
)
const STAIRWELL = new RegExp(
  `^-?第?((?:${STEM}|[甲乙丙丁])(?:号楼梯|号梯|号单元|梯口|梯位|楼梯|单元|门洞|梯|门(?![牌口])|座)|[东西南北中左右前后内外](?:楼梯|梯|单元|座(?=.)|门(?=\\d)))-?`,
  'u',
)
const FLOOR = new RegExp(
  `^(第?(?:${CHINESE_NUMBER}|\\d{1,2}[A-H]?)(?:层楼|楼层|[层楼])|\\d{1,2}F|负${CHINESE_NUMBER}[层楼]|首层|地下室|地下|架空层|夹层|B\\d层)-?(?=.)`,
  'u',
)
const ESTATE_END =
  /(?:小区|花园|花苑|新村|大院|公寓|大厦|广场|家园|华庭|名苑|名城|雅苑|豪庭|山庄|别墅|宿舍|宿舍区|住宅区|生活区|院|苑|园|城|庭|府|邸|湾|居|轩|阁|台|村|坊|里|庄|中心|[一二三四五六七八九十\dA-Z]+期|[东西南北中]区|[一二三四五六七八九十\dA-Z]区)$/u

/** Provinces, cities, districts, subdistricts and communities in front of an address name no estate. */
export function withoutDistrict(text: string): string {
  let rest = text
    .replace(/^(?:中国)?(?:\p{Script=Han}{2,6}省|\p{Script=Han}{2,7}自治区)/u, '')
    .replace(/^\p{Script=Han}{2,6}?市(?!场|政|民)/u, '')
  const district = /^(\p{Script=Han}{1,4}?)(?:区|县)(?=.{2})/u.exec(rest)
  if (district && !/[小社园校院厂住宅东西南北中山城一二三四五六七八九十新]$/u.test(district[1] ?? ''))
    rest = rest.slice(district[0].length)
  rest = rest.replace(/^\p{Script=Han}{2,8}?(?:街道办事处|街道|镇|乡)(?=\D{2})/u, '')
  rest = rest.replace(
    /^\p{Script=Han}{2,5}?街(?=\p{Script=Han}{2,}(?:社区|村委会|居委会|路|街|巷|苑|园|小区|新村))/u,
    (whole) => (/[路巷]/u.test(whole) ? whole : ''),
  )
  return rest.replace(/^\p{Script=Han}{2,8}?(?:社区居委会|社区|村委会|居委会)(?=.)/u, '')
}

/** An estate's name without an idle 小区 after a word that says as much: 华兴苑小区 is 华兴苑, 阳光小区 stays. */
export const plainEstate = (name: string): string =>
  name.replace(/(苑|园|城|庭|府|邸|湾|居|轩|阁|村|庄|期|院)小区$/u, '$1')

export const looksLikeEstate = (name: string): boolean =>
  name.replace(ESTATE_END, '') !== name &&
  name.replace(ESTATE_END, '') !== '' &&
  !/(?:社区|党委|街道|办事处|委员会)$/u.test(name)

/** True where a text names more than a room: a building, a stairwell or a street number. */
export function hasPlace(text: string): boolean {
  const flat = squeezed(text).toUpperCase()
  return (
    /[栋幢]|单元|号楼|\d#(?=.)|[\dA-Z一二三四五六七八九十](?:号)?梯|[东西南北中左右内]楼?梯|[A-Z\d]座|号之/u.test(
      flat,
    ) ||
    STREET.test(flat) ||
    new RegExp(`^${NUMBER_SIGN}(?:\\d{3,4}|${CHINESE_NUMBER}[楼层]|首层)`, 'u').test(flat)
  )
}

/** Splits 华兴苑4栋1梯301房 or 石榴桥路12号之一302 into its places; what it does not know stays in `room`. */
export function splitAddress(address: string): SplitAddress {
  let rest = withoutDistrict(squeezed(address).toUpperCase())
  const result: SplitAddress = { estate: '', floor: '', room: '' }
  const street = STREET.exec(rest) ?? PLAIN_NUMBER.exec(rest)
  let streetName = ''
  if (street) {
    streetName = `${street[1] ?? ''}${street[2] ?? ''}${street[3] ?? ''}`
    rest = rest.slice(street[0].length)
  }
  const building = BUILDING.exec(rest)
  if (building && /^[^\d-]*$/u.test((building[1] ?? '').replace(/[一二三四五六七八九十\d]+期/u, ''))) {
    const before = (building[1] ?? '').replace(/第$/u, '')
    const name = `${building[2] ?? ''}${building[3] ?? ''}${building[4] ?? ''}`
    rest = rest.slice(building[0].length)
    if (/[路巷道弄]$/u.test(before)) streetName = before
    else if (before !== '' && !/(?:街|街道|社区|居委会|村委会)$/u.test(before)) result.estate = plainEstate(before)
    else if (/院$/u.test(streetName)) result.estate = streetName
    const joined = streetName !== '' && result.estate === ''
    result.building = joined ? namedPlace(streetName + name) : (numberedBuilding(name) ?? namedPlace(name))
  } else if (streetName !== '') {
    result.building = namedPlace(streetName)
  } else {
    const estate = /^(\p{Script=Han}{2,10}(?:小区|花园|新村|公寓|大厦|苑|家园|华庭|大院))(?=-?[\dA-Z])/u.exec(rest)
    if (estate) {
      result.estate = plainEstate(estate[1] ?? '')
      rest = rest.slice(estate[0].length)
    }
  }
  const stairwell = STAIRWELL.exec(rest)
  if (stairwell?.[1]) {
    result.stairwell = numberedStairwell(stairwell[1]) ?? namedPlace(stairwell[1])
    rest = rest.slice(stairwell[0].length)
  }
  rest = rest.replace(/^[-,、:.]+/u, '')
  const floor = FLOOR.exec(rest)
  if (floor?.[1] && /^[A-Z]?\d|^[左右前后]$/u.test(rest.slice(floor[0].length)) && !/[左右前后]$/u.test(rest)) {
    result.floor = floor[1]
    rest = rest.slice(floor[0].length)
  }
  result.room = rest.replace(/^[-,、:.]+/u, '')
  return result
}
