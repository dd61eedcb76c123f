/** Words of the frame around every screen. */
export const appMessages = {
  tabs: '主要功能',
  knock: '敲门',
  lookUp: '查分类',
  service: '服务',
  mine: '我的',
  coverage: '进度',
  manage: '管理',
  stillPending: '还在等队长确认，记录先存在手机里。',
  showMatchCode: '看确认码',
  bug: '这一页出了点问题。已保存的记录都在手机里，不会丢。',
  reload: '重新打开',
} as const
