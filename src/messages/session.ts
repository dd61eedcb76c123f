import type { EveningSummary } from '../domain/service/summarise.ts'

const duration = (minutes: number): string =>
  minutes < 60
    ? `${minutes} 分钟`
    : `${Math.floor(minutes / 60)} 小时${minutes % 60 > 0 ? ` ${minutes % 60} 分钟` : ''}`

export const sessionMessages = {
  title: '结束今晚',
  titleDone: '今晚小结',
  back: '返回',
  goHome: '回首页',

  none: '今晚还没有敲门',
  noneNext: '敲第一户时，今晚会自动开始，不用签到。',
  begin: '去敲门',

  span: (from: string, until: string, minutes: number): string => `${from}–${until}，${duration(minutes)}`,
  spanOn: (day: string, span: string): string => `${day} ${span}`,
  day: (month: number, day: number): string => `${month}月${day}日`,
  figures: '今晚做了什么',
  doors: '敲了',
  met: '见到',
  brief: '几句',
  quizzed: '问答',
  again: '再来',
  notHome: '无人',
  refused: '不便',
  doNotKnock: '勿扰',
  nobody: '空置等',
  households: (count: number): string => `${count} 户`,
  stairwells: '去了',
  stairwellCount: (count: number): string => `${count} 个楼梯`,
  partners: '同伴',

  retry: '回头再敲',
  retryHint: (count: number): string => `下楼顺路：今晚有 ${count} 户没人应门。`,
  retryNone: '今晚没有要回头再敲的。',
  stairwellName: (building: string, stairwell: string): string => [building, stairwell].filter(Boolean).join(' '),

  sentence: '一句话（可不写）',
  sentenceHint: '比如“阿婆们问旧电池放哪里”。不写住户姓名、电话和门牌。',
  submit: '提交',
  submitHint: '提交后写成一条服务记录，等社区盖章。',
  lateHint: (until: string): string => `服务时间算到最后一次敲门：${until}。`,
  submitted: '已提交，等社区盖章',
  submittedHint: '已保存在手机，有网自动上传。记录在“服务”里。',
  /** What became of the record, by its state. */
  states: {
    draft: '还没提交',
    submitted: '已提交，等社区盖章',
    confirmed: '社区已盖章',
    returned: '社区退回了，请到“服务”里看原因',
    rejected: '社区没有通过',
    revoked: '盖章已撤回',
  },
  notSaved: '没有提交：手机没能写入。请再点一次，敲门记录都在。',
  full: '没有提交：手机存储空间满了。清理一些空间，再点一次。',
  notSubmitted: '没有提交：',

  copy: '复制今晚小结',
  copied: '已复制，可以贴到群里。里面只有数字，没有门牌。',
  copyByHand: '手机不让自动复制。长按下面的字，选“全选”“复制”：',
  copyField: '今晚小结',
  /** For the group chat: figures only, no door and no stairwell. */
  digest: (date: string, summary: EveningSummary, minutes: number): string =>
    [
      `${date} 敲门小结`,
      `敲了 ${summary.doors} 户，见到 ${summary.met} 户，问答 ${summary.quizzed} 户`,
      `只说几句 ${summary.brief} 户，再来 ${summary.again} 户，无人 ${summary.notHome} 户`,
      ...(summary.refused + summary.doNotKnock + summary.nobody > 0
        ? [`不便 ${summary.refused} 户，勿扰 ${summary.doNotKnock} 户，空置等 ${summary.nobody} 户`]
        : []),
      `${summary.stairwellIds.length} 个楼梯，${duration(minutes)}`,
    ].join('\n'),
} as const
