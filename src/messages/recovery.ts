/** What an officer reads in the days after a restore. */
export const recoveryMessages = {
  title: '数据恢复',
  since: (when: string): string => `数据恢复自 ${when} 的备份。`,
  missing: (phones: number): string =>
    phones === 0 ? '用过的手机都已经再次同步。' : `还有 ${phones} 台手机没有再次同步，它们里面的记录还可能补回来。`,
  who: (names: readonly string[]): string => `请提醒：${names.join('、')}`,
} as const
