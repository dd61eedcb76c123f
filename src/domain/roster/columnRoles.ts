import { squeezed } from './halfWidth.ts'

/** What a column holds. `ignored` is known and of no use, `personal` is dropped and named, `unknown` is looked at. */
export type ColumnRole =
  | 'estate'
  | 'building'
  | 'block'
  | 'stairwell'
  | 'floor'
  | 'room'
  | 'doorplate'
  | 'street'
  | 'unit'
  | 'address'
  | 'kind'
  | 'note'
  | 'ignored'
  | 'personal'
  | 'unknown'

const PERSONAL =
  /^住户$|^户名$|^名字$|姓名|户主|业主|产权人|权利人|房东|屋主|住户信息|住户情况|住户名|居民信息|人员信息|户籍|户口|租户|租客|承租|使用人|居住人|入住人|同住|家庭成员|成员|联系人|联系|电话|手机|固话|身份证|证件|人口|人数|几人|常住|流动|暂住|车牌|车辆|车号|微信|QQ|邮箱|电邮|性别|年龄|出生|生日|民族|籍贯|党员|政治面貌|工作单位|职业|单位名称|学历|文化|婚姻|健康|残疾|低保|签名|签字|监护|宠物|犬|紧急|家长|老人|儿童|亲属|关系/iu
/** Columns that no place at their end excuses: 户籍地址 is somebody's, not the door's. */
const ALWAYS_PERSONAL = /户籍|户口|身份证|电话|手机|微信/u
const PLACE_AT_END =
  /(?:房号|室号|房间号|门牌号?|门牌号码|房屋号码|房号码|房间号码|铺位号码?|地址|住址|楼栋号?|单元号?|楼层|楼号|栋号|梯号)$/u

/** Headers by role, tried from top to bottom on the text without blanks, brackets and stars. */
const HEADERS: readonly (readonly [ColumnRole, RegExp])[] = [
  [
    'ignored',
    /^(?:序号|序|行号|NO\.?|编号|总层数|总楼层|总户数|户数|套数|间数|面积|建筑面积|套内面积|户型|网格|网格号|片区|网格员|街道|街镇|社区|社区名称|区|市|日期|时间|填表日期|制表日期)$/iu,
  ],
  ['estate', /^(?:所属|所在|物业)?(?:小区|楼盘|苑区|院落|住宅区|小区院落|屋苑|屋邨|自然村|小区\/院落)(?:名称|名)?$/u],
  ['address', /^(?:房屋|详细|门牌|居住|家庭|住宅|住房|现住|现居住|具体|楼栋|房产)*(?:地址|住址|坐落|座落|位置|地点)$/u],
  [
    'address',
    /^(?:楼栋|栋|幢|楼|座|楼号|栋号)[号]?[-/、及和]?(?:单元|梯|座|门)?[号]?[-/、及和]?(?:层|楼层)?[-/、及和]?(?:房号|室号|房间号|房|室|户)$/u,
  ],
  ['address', /^(?:房屋|房产)(?:编号|全称|名称)$/u],
  [
    'building',
    /^(?:所在|所属)?(?:楼栋|栋|幢|楼|楼宇|楼幢|楼座|栋座|大楼|建筑物?|建筑|楼栋单元|栋单元|栋梯)(?:号码?|名称|名|编号|座|序号)?$/u,
  ],
  ['building', /^(?:几栋|栋别|栋数|幢别|楼名|BUILDING|BLOCK)$/iu],
  ['building', /^(?:楼栋|栋|幢|楼)[号]?[-/、及和]?(?:单元|梯|座|门)[号]?$/u],
  ['block', /^(?:座|座号|座别|座数)$/u],
  [
    'stairwell',
    /^(?:所在)?(?:单元|梯|楼梯|梯位|梯口|门洞|门栋|梯间|单元门|梯\/单元|单元\/梯|单元梯)(?:号码?|名称|名|别)?$/u,
  ],
  ['stairwell', /^(?:单元|梯)[号]?[-/、及和]?(?:楼层|层)$/u],
  ['stairwell', /^(?:UNIT|STAIR|几梯|几单元)$/iu],
  ['room', /^(?:单元|梯)[号]?[-/、及和]?(?:房号|室号|房间号|房|室)$/u],
  ['floor', /^(?:所在|所属|自然)?(?:楼层|层|层数|层次|楼面|层号|层楼|FLOOR)(?:号|数)?$/iu],
  [
    'room',
    /^(?:(?:住户|业主|户主|楼层|每层|层|住宅|商铺|铺面|铺位|房屋|房|室|户|间|门)(?:房|户|室)?(?:号|号码)|房间(?:号码?|编号)?|房|室|户室号|房室号|室号房号|房号室号|房号\/室号|房号\(室\)|房号铺号|房号\/铺号|ROOM|房间名称?|室名|房号名称)$/iu,
  ],
  ['street', /^(?:路名|街名|巷名|街巷|道路|街路巷|路街巷|街路名|街巷名|路街巷名|街路巷名|道路名)(?:名?称)?$/u],
  ['unit', /^(?:单位|单位号|FLAT)$/iu],
  ['doorplate', /^(?:门牌|门牌号|门牌号码|门号|门户号|街路号|路名门牌)$/u],
  ['kind', /^(?:房屋|住房|建筑|使用|房间|门户|户)?(?:类型|类别|用途|性质|使用性质|属性|种类)$/u],
  [
    'note',
    /^(?:备注|说明|情况|备考|附注|REMARKS?|房屋状况|房屋状态|状态|状况|使用情况|使用状况|使用状态|现状|居住情况|居住状况|居住状态|入住情况|其他|其它|情况说明|备注说明)$/iu,
  ],
]

/** The header's words alone: no blanks, stars, brackets or line breaks. */
export const headerText = (text: string): string =>
  squeezed(text)
    .replace(/\([^()]*\)?/gu, '')
    .replace(/[*:·.。"“”']/gu, '')

/** The role that a header cell names; `unknown` for any other text. Personal words win over all but a place at the end. */
export function roleOfHeader(cell: string): ColumnRole {
  const text = headerText(cell)
  if (text === '' || text.length > 14) return 'unknown'
  if (ALWAYS_PERSONAL.test(text) || (PERSONAL.test(text) && !PLACE_AT_END.test(text))) return 'personal'
  const plain = text.replace(/^(?:户主|业主|住户|居民|房东|产权人)(?=.)/u, '')
  const found = HEADERS.find(([, pattern]) => pattern.test(text)) ?? HEADERS.find(([, pattern]) => pattern.test(plain))
  if (found) return found[0]
  // 幢/栋 and 房号/户号 say the same twice.
  const parts = text.split(/[/、或]/u).filter((part) => part !== '')
  const roles = new Set(parts.length > 1 ? parts.map(roleOfHeader) : [])
  return roles.size === 1 ? ([...roles][0] ?? 'unknown') : 'unknown'
}

/** 01, 02室, A, 左: the header of one column of a matrix, as the suffix it adds to a floor. */
export function matrixSuffix(cell: string): string | undefined {
  const found = /^(?:第)?(\d{1,2}|[A-H]|[左右中前后东西南北])(?:号房|号|室|房|户|单位|座|间)?$/u.exec(
    headerText(cell).toUpperCase(),
  )
  return found?.[1]
}

/** The word for a building or a stairwell that the column's header lends to bare numbers. */
export function buildingWord(header: string): string {
  const text = headerText(header)
  if (text.includes('栋')) return '栋'
  if (text.includes('幢')) return '幢'
  if (text.includes('座')) return '座'
  return text === '楼号' ? '号楼' : '栋'
}

/** As `buildingWord`, '' where the header names no stairwell. */
export function stairwellWord(header: string): string {
  const text = headerText(header)
  if (text.includes('梯')) return '梯'
  if (text.includes('单元')) return '单元'
  if (text.includes('座')) return '座'
  return /门/u.test(text) ? '门' : ''
}

/** 楼层\\房号, the corner of a matrix. */
export const isMatrixFloor = (cell: string): boolean =>
  /^楼?层[号]?[\\/、-]?(?:房号|室号|房|室|户|单元|门牌)$/u.test(headerText(cell))
