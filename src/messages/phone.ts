/** What befell this phone's storage, in plain words: first what happened to what was saved, then what to do. */
export const phoneMessages = {
  says: {
    failed: '手机的存储打不开，记录没有被删除。关掉别的窗口再试，还不行就重启手机。',
    blocked: '另一个窗口还开着旧版本。请把它关掉，关掉以后这里会自己打开；已保存的记录都在。',
    newer: '手机里的数据都在，是新版本存的。现在只能看，不能记，也不上传。请连上网更新。',
    otherWindow: '另一个窗口已经换成新版本，这里先停下了。已保存的记录都在。',
    lost: '手机的存储断开了，已保存的记录都在。请重新打开这一页。',
    nearlyFull: '手机快满了：刚才那条存下了，用的是预留的最后一点空间。请清理手机再继续敲门。',
    full: '手机满了，新数据收不下。已保存的记录都在，请清理手机空间。',
  },
  acts: {
    failed: '重新打开',
    blocked: '重新打开',
    newer: '更新',
    otherWindow: '重新打开',
    lost: '重新打开',
    nearlyFull: '知道了',
    full: '知道了',
  },
  alarm: (atMost: number | null): string =>
    atMost === null || atMost === 0 ? '这台手机的存储出过问题' : `最多 ${atMost} 条未上传的记录可能丢失`,
  look: '看一看',
} as const
export type PhoneNoticeCode = keyof typeof phoneMessages.says
