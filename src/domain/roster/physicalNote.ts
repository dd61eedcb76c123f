import { printed, squeezed } from './halfWidth.ts'
import { looksPersonal } from './personalText.ts'

/** Facts about the place, never about people. A clause is kept only where it is made of nothing but these words. */
const FACTS =
  /只敲\d{3,4}|不进楼道|临街|空置|空房|空户|闲置|无人居住|无人住|未入住|未售|待租|待售|商铺|铺面|铺位|住改商|住宅|打通|封闭|封死|封了|封|门禁|铁门|木门|卷闸|分隔|隔开|隔成|加建|僭建|违建|搭建|装修中|装修|在装修|施工|危房|拆除|待拆|已拆|独门独院|独院|整栋|自建房|全层|复式|跃层|阁楼|天台|架空层|夹层|首层|地下室|地下|大堂层|大堂|梯间|电梯|楼梯|内楼梯|后门|前门|侧门|后座|前座|门牌|脱落|缺失|手写|旧称|原称|印作|跳号|层高不足|水房|公共|居委会|活动室|物业|管理处|幼儿园|值班室|办公室|办公|仓库|车库|单车房|杂物房|宿舍|出租屋|公寓|消防门|通道|走廊|无此门|查无|合并/u
/** Small words that join facts. */
const JOINTS =
  /与|和|及|为|只敲|不敲|敲|已|未|无|有|没有|含|原|被|从|需|由|上|下|旁|内|外|前|后|不进|进|楼道|一户|两户|一套|成|以|代替|代|门|楼层|楼|层|户|房|室|号|单元|梯|栋|铺|[一二三四五六七八九十]|[A-H]|\d{1,4}[A-H]?|的|是|在|到|至|-|、|“|”|"|\(|\)|（|）|中|了|着|目前|现|暂|处|面|口|入口|出口/u

const WHOLE = new RegExp(`^(?:${FACTS.source}|${JOINTS.source})+$`, 'u')
const EACH_FACT = new RegExp(FACTS.source, 'gu')
/** Words of the ledger's own mess say nothing about the door. */
const ABOUT_PEOPLE = /先生|女士|小姐|阿姨|阿伯|老人|独居|残疾|低保|党员|孕|病|户主|业主|租客|租户|房东|姓/u
const LONGEST_NOTE = 60

/** The physical facts of a remark, clause by clause; '' where it tells of people or of nothing that can be seen. */
export function physicalNote(remark: string): string {
  const kept: string[] = []
  for (const clause of squeezed(remark).split(/[,。;!?\n，；！？]/u)) {
    const text = clause.replace(/^(?:备注|注|说明):/u, '')
    if (text === '' || looksPersonal(text)) continue
    const facts = text.match(EACH_FACT)
    if (!facts) continue
    if (WHOLE.test(text) && !ABOUT_PEOPLE.test(text)) kept.push(text)
    else kept.push(...facts.filter((fact) => fact.length > 1))
  }
  return printed([...new Set(kept)].join('，').slice(0, LONGEST_NOTE))
}
