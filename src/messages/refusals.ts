import type { Refusal } from '../domain/command.ts'

/** Why the rules said no, in plain words, for every code that there is. */
export const refusalWords: Readonly<Record<Refusal, string>> = {
  not_found: '它写到的门、楼梯或轮次已经不在了。',
  not_allowed: '这件事要由队长或社区专员来做。',
  stale_revision: '在你之后，别人也改了同一处，而且先到了。请看看两边的内容，再决定怎么写。',
  id_conflict: '同一个编号已经有别的内容。请重新记一次。',
  bad_field: '有一项填得不对。',
  bad_text: '文字里有存不了的字符。',
  too_long: '文字太长了，请写短一点。',
  bad_time: '手机的时间不对，请先校准手机时间。',
  unknown_field: '这一页的版本和服务器对不上，请先更新。',
  not_yours: '这是别人的记录，只有本人能改。',
  door_code_in_note: '备注里像是有门禁密码。为了住户安全，密码不能写进来，请删掉数字再保存。',
  digits_in_text: '文字里有一长串数字，像是电话或证件号。请删掉再保存。',
  label_retired: '这个门牌已经撤下了。要恢复，请队长核实。',
  label_taken: '这个楼梯里已经有同样的门牌。',
  round_closed: '这一轮早已结束，每户明细已按规定合并，这一次改不了了。',
  session_ended: '今晚的敲门已经结束并提交过了。',
  invite_dead: '这个邀请已经用过、收回或过期了。',
  match_code_wrong: '确认码对不上，请两个人当面再核对一次。',
  not_pending: '这台手机已经处理过了。',
  already_settled: '这一条已经有人处理过了。',
  last_officer: '社区至少要留一位社区专员。',
  too_many: '数量超出了上限。',
  text_erased: '这条文字已经抹去，不能再存回来。要写，请看过现在的内容再写。',
}
