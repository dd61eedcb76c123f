import type { SharedOutcome } from '../domain/outcome.ts'

const percent = (part: number, whole: number): string => (whole === 0 ? '–' : `${Math.round((part / whole) * 100)}%`)

const dayWords = (days: number): string => (days === 0 ? '今天' : days === 1 ? '昨天' : `${days}天前`)

/** What was found at the door, as everybody may read it. */
const outcomeWords: Readonly<Record<SharedOutcome, string>> = {
  met: '见到住户',
  brief: '只说几句',
  again: '再来',
  notHome: '无人应门',
  refused: '这次不便',
  doNotKnock: '请勿打扰',
  vacant: '看似空置',
  notAHome: '非住宅',
  notFound: '查无此门',
}

/** Coarse bands of a day, by the local hour at which each begins. */
const bandWords: Readonly<Record<number, string>> = {
  0: '12 点前',
  12: '12–17 点',
  17: '17–19 点',
  19: '19–21 点',
  21: '21 点后',
}

export const coverageMessages = {
  title: (place: string): string => `进度 · ${place}`,
  titleAlone: '进度',
  back: '回到进度',

  freshAt: (moment: string, phones: number): string =>
    phones === 0 ? `数据截至 ${moment}` : `数据截至 ${moment}，${phones} 台手机未同步`,
  freshNever: '数据截至：这台手机还没有同步过',
  freshMoment: (date: string, clock: string): string =>
    `${Number(date.slice(5, 7))}月${Number(date.slice(8, 10))}日 ${clock}`,
  lateNames: (names: readonly string[]): string => `超过一天没有上传的手机：${names.join('、')}。请提醒他们连一次网。`,

  phoneLoss: (name: string, moment: string, atMost: number | null): string =>
    atMost === null
      ? `${name}的手机出过问题（${moment}），可能有没上传的记录不见了。一起回想，补记就好。`
      : `${name}的手机出过问题（${moment}），最多 ${atMost} 条没上传的记录可能不见了。一起回想，补记就好。`,

  filters: '看哪些楼梯',
  thisRound: '本轮',
  forgotten: '最久没去',
  unassigned: '未派',
  views: '怎么看',
  asStreet: '街景',
  asTable: '表格',
  street: (estate: string): string => (estate === '' ? '楼梯' : estate),
  sample: '示例',

  house: (building: string, stairwell: string): string => [building, stairwell].filter((name) => name !== '').join(' '),
  figure: (knocked: number, doors: number, days: number | null): string =>
    `${knocked}/${doors} · ${days === null ? '没去过' : dayWords(days)}`,
  cardName: (house: {
    label: string
    doors: number
    knocked: number
    met: number
    quizzed: number
    days: number | null
    handedOut: boolean
  }): string =>
    [
      house.label,
      `${house.doors} 户，已敲 ${house.knocked}，见到 ${house.met}，问答 ${house.quizzed}`,
      house.days === null ? '没去过' : `上次去是${dayWords(house.days)}`,
      house.handedOut ? '' : '本轮未派',
    ]
      .filter((part) => part !== '')
      .join('，'),

  totals: (knocked: number, doors: number, met: number, quizzed: number): string =>
    `已敲 ${knocked} / ${doors} · 见到 ${met} · 问答 ${quizzed}`,
  explain: '怎么算的',
  explanation: (doors: number): readonly string[] => [
    `分母 ${doors} 户是名单上的住宅，减去看似空置、非住宅和查无此门的；商铺不算。`,
    '请勿打扰的门仍在分母里，算已敲：我们问过他们了。',
    '只说几句算已敲，不算见到。',
    '没有必须敲满的目标：有人不开门很正常，亮灯要是真的。',
  ],
  knocked: '已敲',
  met: '见到',
  quizzed: '问答',
  rates: (knocked: number, met: number, quizzed: number, doors: number): string =>
    `已敲 ${percent(knocked, doors)} · 见到 ${percent(met, doors)} · 问答 ${percent(quizzed, doors)}`,
  round: (name: string): string => `轮次：${name}`,
  noRound: '还没有开轮次，先看楼梯。',

  emptyTitle: '还没有楼梯',
  emptyOfficer: '先导入门户，街景就会出现在这里。',
  emptyLeader: '社区把楼梯派给你的队以后，就会出现在这里。',
  toManage: '去管理',
  toAssign: '去派楼梯',
  noneForgotten: '没有楼梯。',
  noneUnassigned: '本轮的楼梯都派出去了。',

  exports: '导出',
  exportProgress: '导出进度',
  exportVisits: '导出敲门记录',
  exportForm: '格式',
  xlsx: 'Excel',
  csv: 'CSV',
  exporting: '正在写表格…',
  exported: (file: string, rows: number): string => `已下载 ${file}，${rows} 行`,
  exportFailed: '表格没有写成，数据都还在。请再试一次。',
  exportNote: '不含住户姓名电话，也不含队员的感想；撤销的记录和已按规定合并的每户明细不导出。',
  progressFile: (date: string): string => `进度 ${date}`,
  visitsFile: (date: string): string => `敲门记录 ${date}`,
  progressHeads: ['小区', '楼栋', '梯', '户数', '已敲', '见到', '问答', '最近'],
  visitHeads: ['轮次', '小区', '楼栋', '梯', '门牌', '结果', '问答', '日期', '时段', '记录人'],
  yes: '是',

  tableName: '各楼梯进度',
  place: '楼梯',
  doors: '户数',
  last: '最近',
  neverVisited: '没去过',
  days: dayWords,

  outcome: outcomeWords,
  band: (hour: number): string => bandWords[hour] ?? '',

  truth: (counts: { doors: number; knocked: number; met: number; quizzed: number }): string =>
    `${counts.doors} 户 · 已敲 ${counts.knocked} · 见到 ${counts.met} · 问答 ${counts.quizzed}`,
  facadeName: (place: string): string => `${place} 门立面`,
  gone: '这台手机上没有这个楼梯。',
  day: (date: string): string => `${Number(date.slice(5, 7))}月${Number(date.slice(8, 10))}日`,
  held: (team: string, until: string | null): string =>
    until === null ? `在${team}手里` : `在${team}手里，到 ${until}`,
  notHandedOut: '本轮未派',
  noEntries: (times: number): string => `本轮进不了楼 ${times} 次`,
  tapHint: '点一扇窗，看这一户的经过。',

  door: (label: string): string => `${label} 的经过`,
  close: '关闭',
  doorState: (state: string): string => `现在：${state}`,
  roundTries: (round: string, tries: number): string => `${round} · ${tries} 次`,
  visitLine: (date: string, band: string, outcome: string, quizzed: boolean): string =>
    `${Number(date.slice(5, 7))}月${Number(date.slice(8, 10))}日 ${band} · ${outcome}${quizzed ? ' · 问答' : ''}`,
  estimated: '时间为推算',
  estimatedWhy: '那台手机当时的时钟不准，日期和时段是推算的；这次上门照样算。',
  noVisits: '还没有人来过。',
  closedRound: '（已关）',
  foldedRound: '这一轮早已结束，每户明细已按规定合并。窗户只画合并以后补来的记录，数字是全部的。',
  foldedDoor: (date: string | null): string =>
    date === null
      ? '每户明细已按规定合并；这一户没有留下上门的日期。'
      : `每户明细已按规定合并，只留最后一次的日期：${Number(date.slice(0, 4))}年${Number(date.slice(5, 7))}月${Number(date.slice(8, 10))}日。`,

  peaceUntil: (date: string): string => `请勿打扰，到 ${date} 为止`,
  peaceTitle: '电话登记',
  peaceHint: '住户来电要求不再上门时登记；来电撤回时解除。',
  setPeace: '登记请勿打扰',
  liftPeace: '解除请勿打扰',
  peaceSet: (label: string): string => `${label} 已登记请勿打扰`,
  peaceLifted: (label: string): string => `${label} 已解除请勿打扰`,

  toSettle: '待核实的门',
  toSettleHint: '队员在墙上看到、名单上没有的门，或换了门牌的门。',
  stands: '有这一户',
  standsNot: '没有这一户',
  retired: '已停用的门',
  restore: '恢复',
  formerly: (labels: readonly string[]): string => `原来是 ${labels.join('、')}`,
  settled: (label: string, stands: boolean): string => (stands ? `${label} 已确认` : `${label} 已停用`),
} as const
