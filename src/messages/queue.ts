import type { LossCode } from '../domain/records/phoneLoss.ts'
import type { Args, Verb } from '../domain/verbs.ts'
import type { HoldReason } from '../protocol/sync.ts'
import { outcomeWords } from './outcomes.ts'

/** What a saved thing is, in the words of the person who did it. A verb without words does not compile. */
export const entryWords: { readonly [V in Verb]: (args: Args<V>) => string } = {
  'activity/save': ({ title }) => `活动“${title}”`,
  'activity/sign-up': () => '报名一个活动',
  'activity/withdraw': () => '退出一个活动',
  'assignment/save': () => '派出楼梯',
  'community/save': () => '社区设置',
  'device/confirm': () => '确认一台手机',
  'device/report-loss': () => '告诉队长：这台手机可能少了记录',
  'device/revoke': () => '停用一台手机',
  'door/add': ({ label }) => `添加门牌 ${label}`,
  'door/confirm': () => '核实一扇门',
  'door/do-not-knock': () => '登记请勿打扰',
  'door/rename': ({ label }) => `改门牌为 ${label}`,
  'door/retire': () => '撤下一扇门',
  'hold/settle': () => '裁定一条待处理',
  'invite/create': () => '发出邀请',
  'invite/withdraw': () => '收回邀请',
  'member/bond': () => '保存任职',
  'quiz/record': ({ answers }) => `问答 ${answers.length} 题`,
  'roster/import-stairwell': ({ building, stairwell }) => `导入 ${building} ${stairwell}`,
  'round/save': ({ name }) => `保存轮次“${name}”`,
  'session/end': () => '结束今晚敲门，提交服务记录',
  'session/start': () => '开始今晚敲门',
  'stairwell/access-note': ({ note }) => `进门备注“${note}”`,
  'stairwell/redact-note': () => '抹去进门备注',
  'team/save': ({ name }) => `保存服务队“${name}”`,
  'visit/no-entry': () => '记录进不了楼',
  'visit/record': ({ label, outcome }) => `记录 ${label} ${outcomeWords[outcome]}`,
  'visit/void': () => '撤销一次敲门',
  'wish/claim': () => '揽下一个微心愿',
  'wish/close': () => '结束一个微心愿',
  'wish/fulfil': () => '圆了一个微心愿',
  'wish/give-back': () => '交回一个微心愿',
  'wish/publish': ({ text }) => `微心愿“${text}”`,
}

/** Whom a held thing waits for. */
export const holdWords: Readonly<Record<HoldReason, string>> = {
  notGranted: '当时这个楼梯没有派给你的队，等队长确认后计入',
  tooOld: '隔了很久才送到，等队长确认后计入',
  pendingDevice: '等这台手机被确认后计入',
  unknownVersion: '服务器更新后会自动计入',
  fault: '服务器没处理成功，已留存，会再试',
  restored: '服务器恢复过备份，等别的手机补传后自动计入',
}

export const queueMessages = {
  title: '队列',
  safe: '已保存在手机，有网自动上传',
  safeMore: '不用守着这一页。关机、没电、没信号，都不会丢。',
  allSent: '都送到了',
  allSentMore: '手机里没有待上传的内容。新的记录会先存进手机，再自动上传。',
  back: '返回',
  syncNow: '立即同步',
  syncing: '正在同步…',
  synced: (when: string): string => `上次同步 ${when}`,
  neverSynced: '还没有同步过',
  refusedTitle: '需要处理',
  refusedLead: '这些内容还在手机里，但没有计入。看看原因，改一改再保存，或者放弃。',
  heldTitle: '等队长确认',
  heldLead: '已经送到，队长看过就计入，不用再做什么。',
  waitingTitle: '待上传',
  waitingLead: '按先后次序上传。',
  waitingState: '已保存在手机',
  more: (count: number): string => `还有 ${count} 条，显示全部`,
  reason: '原因：',
  unknownReason: '服务器没有说明原因。',
  unknownEntry: '一条记录',
  mend: '修改',
  discard: '放弃',
  discardTitle: '放弃这一条？',
  discardLead: '放弃以后，这台手机不再保留它，也不会再上传。',
  discardYes: '放弃这一条',
  keep: '留着',
  close: '关闭',
  mendTitle: '修改进门备注',
  mendLead: '两边都在这里。改成你觉得对的，再保存。',
  mine: '我写的',
  theirs: '现在的（别人先保存的）',
  theirsEmpty: '（空）',
  note: '进门备注',
  noteHint: '门禁、保安、楼梯在哪。不要写门禁密码。',
  takeTheirs: '用现在的，放弃我的',
  saveNote: '保存修改',
  mended: '已保存修改，有网自动上传',
  gone: '这个楼梯不在这台手机上了，没法修改。',
  alarms: {
    vanished: {
      title: '这台手机上的数据曾经不见了',
      text: '浏览器清掉了存储，或者存储坏了。已经上传的会重新下载回来。',
    },
    emptied: {
      title: '这台手机上的数据被清空过',
      text: '存储还在，里面的内容没有了。已经上传的会重新下载回来。',
    },
    fellBack: {
      title: '这台手机的数据曾经退回到以前',
      text: '可能是恢复过备份，或者存储出过错。还在手机里的内容会重新上传；退回之前没有上传的，可能已经没有了。',
    },
    rowsMissing: {
      title: '这台手机少了几条没上传的记录',
      text: '上次还在手机里的记录，现在找不到了。其余内容会照常上传。',
    },
    numbersLost: {
      title: '这台手机少了几条没上传的记录',
      text: '服务器等着的编号，手机里已经没有了。其余内容会照常上传。',
    },
    quarantined: {
      title: '有记录坏了，读不出来',
      text: '坏的记录已经单独收好，没有删除，也不会上传。其余内容不受影响。',
    },
  } satisfies Record<LossCode, { title: string; text: string }>,
  lostAtMost: (atMost: number): string =>
    atMost === 0 ? '上次看的时候都上传了，应该没有丢。' : `最多 ${atMost} 条未上传的记录可能丢失。`,
  thinkBack: '请回想一下最近敲过的门，缺的补记上，再告诉队长。',
  understood: '知道了',
  outside: {
    revoked:
      '此设备已停用，不会再上传。手机里没上传的内容还在，没有删除。要接着用，请向队长要“换手机”的邀请，不要用新人的邀请。',
    signedOut:
      '服务器不认得这台手机了。手机里没上传的内容还在，没有删除。请向队长要“换手机”的邀请，用它加入，内容会接着上传；不要用新人的邀请。',
    tooOld: '这一页太旧了，请点“更新”后再同步。手机里的内容不会丢。',
  },
  rejoin: '用“换手机”的邀请重新加入',
} as const
