/** Invented names for the demonstration: nobody's. */
export const demoMessages = {
  community: '石榴桥社区（示例）',
  teams: ['第一服务队', '第二服务队', '第三服务队'],
  rounds: ['第一轮', '第二轮'],
  stems: '甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地',
  member: (stem: string) => `示例${stem}`,
  officer: '示例社区',
  sentence: '居民都很热情。',
  accessNote: '门禁找保安，说是社区敲门的',
  device: '示例手机',
  wishes: [
    '三楼到四楼的灯坏了很久，想有人帮忙报修、看着修好',
    '想学会用手机挂号，最好有人当面教一次',
    '旧床垫想扔，搬不下楼',
    '阳台的花盆太高，想请人帮忙放低',
  ],
  fulfilled: '带着师傅换好了，现在上楼看得清',
  activities: [
    { title: '分类摆摊：旧电池换小礼物', place: '大榕树下', seats: 4, inDays: 4 },
    { title: '教长辈用手机', place: '党群服务中心二楼', seats: null, inDays: 9 },
  ],
} as const
