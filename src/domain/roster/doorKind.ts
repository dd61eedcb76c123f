import { squeezed } from './halfWidth.ts'
import type { RosterKind } from './rosterShapes.ts'

const OTHER_WORDS =
  /非住宅|非居住|非住|物业|管理处|居委|社区|党群|服务站|幼儿园|托儿|学校|活动室|活动中心|值班|门卫|保安|岗亭|水房|水泵|泵房|配电|电房|机房|设备|仓库|杂物|车库|车房|车位|公厕|厕所|垃圾|会所|架空|公共|公用|空地|消防|监控|卫生站|医院|诊所|邮局|传达室|祠堂|寺|庙|教堂|养老|长者|饭堂|食堂/u
const OFFICE_WORDS = /办公|写字楼|公司|事务所|工作室/u
const SHOP_WORDS =
  /铺|商店|商场|商业|商用|商户|门面|门店|超市|便利店|士多|餐厅|饭店|酒楼|快餐|餐饮|药店|药房|发廊|理发|五金|店面|店$|肠粉|小吃|菜市场|档口|银行|网点/u
const HOME_WORDS =
  /业主|户主|租户|租客|房东|自有|住|居|公寓|宿舍|民房|民宅|自建|出租|自用|租|房改|商品房|公房|安置|回迁|厅|空置|空房|闲置|别墅|住家|^房$/u

/** The kind that the ledger's own column names. Words that nobody foresaw are 'other'; an empty cell says nothing. */
export function readKind(cell: string): RosterKind | undefined {
  const text = squeezed(cell)
  if (text === '') return undefined
  if (/非住宅|非居住|非住/u.test(text)) return /商|铺|店/u.test(text) ? 'shop' : /办公/u.test(text) ? 'office' : 'other'
  if (/商住|住改商/u.test(text)) return 'home'
  if (/商品房|公房|单车|车库|车房|杂物/u.test(text)) return /单车|车库|车房|杂物/u.test(text) ? 'other' : 'home'
  if (SHOP_WORDS.test(text) || text === '商') return 'shop'
  if (OFFICE_WORDS.test(text)) return 'office'
  if (HOME_WORDS.test(text) && !OTHER_WORDS.test(text)) return 'home'
  return 'other'
}

const NEARBY = /旁|靠近|近|对面|附近|隔壁|楼下|楼上|下面|上面|对着|面向|代管|托管/u

/** The kind that a label or a remark gives away: 03铺, 值班室, 居委会活动室. A thing merely nearby says nothing. */
export function kindFromWords(text: string): RosterKind | undefined {
  for (const clause of squeezed(text).split(/[,，。;；、:：]/u)) {
    if (NEARBY.test(clause)) continue
    if (/^(?:不是|非|原|旧|曾)/u.test(clause)) continue
    if (OFFICE_WORDS.test(clause)) return 'office'
    if (OTHER_WORDS.test(clause) && !/架空层$/u.test(clause)) return 'other'
    if (SHOP_WORDS.test(clause)) return 'shop'
    if (/车库|车房|杂物|非住/u.test(clause)) return 'other'
  }
  return undefined
}
