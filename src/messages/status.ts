/** The permanent status line. The texts in `says` stand alone in their region; what else is known stands beside it. */
export const statusMessages = {
  says: {
    synced: (): string => '已同步',
    waiting: (count: number): string => `${count} 条待上传`,
    offline: (): string => '离线',
    offlineWaiting: (count: number): string => `离线，${count} 条待上传`,
    refused: (count: number): string => `${count} 条需要处理`,
    held: (count: number): string => `${count} 条等队长确认`,
    connecting: (): string => '正在连接',
    pending: (): string => '等待确认',
    signedOut: (): string => '需要重新加入',
    revoked: (): string => '此设备已停用',
    tooOld: (): string => '需要更新',
  },
  alsoWaiting: (count: number): string => `${count} 条待上传`,
  since: (when: string): string => `上次 ${when}`,
  alarm: '有提醒',
  open: '队列',
} as const
