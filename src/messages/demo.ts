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
} as const
