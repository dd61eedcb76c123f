import type { SharedOutcome } from '../domain/outcome.ts'
import { windowWords } from './facade.ts'

/** The beginning of a band of the day, by its first hour. */
const bandWords: Readonly<Record<number, string>> = {
  0: '上午',
  12: '下午',
  17: '傍晚（17–19 点）',
  19: '晚上（19–21 点）',
  21: '21 点以后',
}

const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

const counted = (entries: readonly { outcome: SharedOutcome; times: number }[]): string =>
  entries.map(({ outcome, times }) => `${windowWords[outcome]} ×${times}`).join('，')

export const visitMessages = {
  /** 3栋 2梯; the ledger's own words are echoed, and a building without stairwells stands alone. */
  stairwellName: (building: string, stairwell: string): string => [building, stairwell].filter(Boolean).join(' '),
  day: (month: number, day: number): string => `${month}月${day}日`,
  date: (year: number, day: string): string => `${year}年${day}`,
  back: '返回',
  close: '关闭',

  home: {
    title: '今晚敲门',
    with: (names: readonly string[]): string => `和 ${names.join('、')} 一组`,
    alone: '一个人敲',
    down: '从上往下',
    up: '从下往上',
    begin: (name: string): string => `开始 ${name}`,
    goOn: (name: string): string => `继续 ${name}`,
    progress: (knocked: number, doors: number): string => `${knocked} / ${doors} 户`,
    stoppedAt: (floor: string): string => `停在 ${floor}`,
    mine: '派给我的',
    team: '本队的',
    notBegun: (doors: number): string => `${doors} 户 · 还没敲`,
    under: (knocked: number, doors: number): string => `已敲 ${knocked} / ${doors} 户`,
    done: (doors: number): string => `${doors} 户 · 都敲过了`,
    again: (doors: number): string => `${doors}户约好再来`,
    together: (names: readonly string[]): string => `同去：${names.join('、')}`,
    leaseUntil: (date: string): string => `派到${date}`,
    leaseOver: '派期已过，做完请告诉队长',
    all: '全部楼梯',
    showAll: '打开任意楼梯',
    doors: (count: number): string => `${count} 户`,
    choosePartner: '选同伴',
    changePartner: '换同伴',
    tonight: '今晚',
    since: (clock: string, doors: number): string => `${clock} 开始 · 已敲 ${doors} 户`,
    leftOpen: (date: string): string => `${date} 那晚还没结束`,
    end: '结束今晚',
    practice: '练习敲门',
    practiceHint: '假的楼、假的门，怎么点都不会记录。',
  },

  stairwell: {
    missing: '这个楼梯不在这台手机上',
    missingNext: '它可能派给了别的队。回首页看看现在派给你的楼梯。',
    toHome: '回首页',
    opening: '正在打开…',
    truth: (counts: { doors: number; knocked: number; met: number; quizzed: number }): string =>
      `${counts.doors} 户 · 已敲 ${counts.knocked} · 见到 ${counts.met} · 问答 ${counts.quizzed}`,
    freshness: (at: string | null, phones: number): string =>
      at === null ? '数据截至：还没同步过' : phones > 0 ? `数据截至 ${at}，${phones} 台手机未同步` : `数据截至 ${at}`,
    noRound: '现在没有开放的轮次，可以看，暂时不能记录。',
    filter: '看哪些门',
    filters: { all: '全部', untouched: '未敲', notHome: '无人', again: '再来' },
    late: (from: number, until: number): string =>
      `约定的敲门时间是 ${clockOf(from)}–${clockOf(until)}。现在不在这段时间里，先别打扰，或只去约好的人家。`,
    quietDay: '今天是安静日，约好不敲门。要去也只去约好的人家。',
    addDoor: '加一扇门',
    more: '这个楼梯',
    manners: '开场白',
    settings: '拿法和走法',
    finished: '这个楼梯都敲过了。',
    finishedNext: '点“无人”看看要不要回头再敲；收工到首页点“结束今晚”。',
    end: '结束今晚',
  },

  note: {
    title: '进门备注',
    empty: '还没写怎么进门（门禁、保安）',
    erased: '备注已抹去',
    edit: '改备注',
    write: '写备注',
  },

  noEntry: {
    title: '进不了楼',
    reasons: { locked: '门锁着', guard: '保安不让进', unsafe: '感觉不安全', other: '别的原因' },
    last: (when: string, reason: string): string => `${when} 进不了楼：${reason}`,
    tonight: '今晚',
  },

  door: {
    group: '敲门结果',
    quiz: '问一题',
    hints: {
      quiz: '见到并开始问答',
      postponed: '进回访',
      refused: '本轮不敲',
      doNotKnock: '以后不敲',
      next: (label: string): string => `到下一户 ${label}`,
      last: '这是最后一户',
    },
    never: '未敲过',
    toConfirm: '待核实',
    thisRound: (entries: readonly { outcome: SharedOutcome; times: number }[], tonight: boolean): string =>
      tonight ? `本轮 ${counted(entries)}，今晚来过` : `本轮 ${counted(entries)}`,
    lastRound: (entries: readonly { outcome: SharedOutcome; times: number }[]): string => `上一轮 ${counted(entries)}`,
    emptyAt: (bandHour: number): string => `上次${bandWords[bandHour] ?? ''}没人`,
    peaceful: (until: string): string => `这户请过勿扰，到 ${until} 为止。请不要敲。`,
    peacefulWhy: '如果他们自己开口找你，或者勿扰记错了门，再往下记。',
    recordAnyway: '仍要记录',
    restOfFloor: '本层其余无人',
    floorLeft: (floor: string, doors: number): string => `${floor} · ${doors} 户未敲`,
    next: (label: string): string => `下一户 ${label}`,
    rename: '门牌变了',
    retire: '门已封',
    last: (label: string, word: string): string => `上一户 ${label} ${word}`,
    lastFloor: (floor: string, doors: number, word: string): string => `上一层 ${floor} ${doors} 户${word}`,
    undo: '撤销',
    undone: (what: string): string => `已撤销：${what}`,
    undoneDoor: (label: string, word: string): string => `${label} ${word}`,
    undoneFloor: (floor: string, doors: number, word: string): string => `${floor} ${doors} 户${word}`,
    nowAt: (label: string, word: string): string => `现在 ${label} ${word}`,
    someSaved: (saved: number, all: number, why: string): string => `${all} 户里只保存了 ${saved} 户。${why}`,
  },

  /** Where the community's own name is not known. */
  community: '社区',

  trouble: {
    full: '没有保存：手机存储空间满了。清理一些空间，再点一次。',
    failed: '没有保存：手机没能写入。请再点一次；还不行就重开本页，之前保存的都在。',
    refused: '没有保存：',
    noRound: '没有保存：现在没有开放的轮次。',
    notUndone: '没有撤销：手机没能写入。请再点一次。',
  },
} as const
