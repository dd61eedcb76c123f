import type { ProblemCode } from '../protocol/problem.ts'

const ours = '程序出了点问题，请稍后再试。已保存的记录都在手机里。'
const openAgain = '请重新打开这一页再试。已保存的记录都在手机里。'

/** What to say when the server answers with a coded problem, or when there is no server to be reached. */
export const problemWords: Readonly<Record<ProblemCode | 'offline', string>> = {
  offline: '现在连不上服务器。请到有网的地方再试一次。',
  bad_json: ours,
  bad_encoding: ours,
  too_deep: ours,
  too_many_commands: ours,
  duplicate_key: ours,
  bad_request: '填的内容有误，请检查后再试。',
  bad_parameter: ours,
  cursor_invalid: ours,
  unauthenticated: '这台手机需要重新加入。请向队长要一个“换手机”的邀请。',
  device_revoked: '此设备已停用。如有疑问，请问队长。',
  token_superseded: '这台手机需要重新加入。请向队长要一个“换手机”的邀请。',
  csrf: openAgain,
  device_mismatch: openAgain,
  setup_required: '服务器还没有设置好。请社区专员先用服务器上的一次性链接进入。',
  not_found: ours,
  method_not_allowed: ours,
  epoch_changed: openAgain,
  unsent_of_another: '这台手机里还有没上传的记录，请先向队长要“换手机”的邀请。',
  invite_dead: '这个链接或加入码用不了：可能已经用过，或者过期了。请向发给你的人要一个新的。',
  too_large: '内容太多，请分几次来。',
  unsupported_media_type: ours,
  protocol_too_old: '这一页太旧了，请更新后再用。已保存的记录都在手机里。',
  too_many_requests: '试得太频繁了，请过一分钟再试。',
  internal: ours,
  storage_unavailable: '服务器暂时存不了东西，请稍后再试。已保存的记录都在手机里。',
}
