/** Words about a newer version of the app. */
export const updateMessages = {
  ready: '有新版本，点一下更新。已保存的记录不受影响。',
  update: '更新',
  elsewhere: '另一个窗口已经更新了。手头的写完、存好，再点一下换成新版本。',
  startAgain: '重新打开',
} as const
