/** 转交: unsent work in a file, for a phone that finds no network, and a teammate who finds one. */
export const handoverMessages = {
  title: '没有网络时转交',
  back: '回到队列',
  lead: '这台手机一直没有信号、快没电的时候，可以把没上传的记录做成一个文件，交给有信号的队友或社区电脑代传。',

  giveTitle: '交给别人代传',
  nothing: '没有未上传的记录，不用转交。',
  counts: (waiting: number, held: number, refused: number): string =>
    [
      waiting > 0 ? `${waiting} 条待上传` : '',
      held > 0 ? `${held} 条等队长确认` : '',
      refused > 0 ? `${refused} 条需要处理` : '',
    ]
      .filter((part) => part !== '')
      .join('，'),
  sealed: '文件是密封的：队友只看得到是谁的、多少条、什么时候，看不到敲了哪些门。记录仍然算在你名下。',
  stays: '原来的记录还在这台手机里，有网照常上传，不会重复计入。',
  exportNow: '导出未上传的记录',
  share: '发给队友',
  shareTitle: '请代传未上传的敲门记录',
  exported: (file: string, count: number): string =>
    `已导出 ${count} 条：${file}。把它发给队友，在“收下队友的记录”里打开。`,
  left: (count: number): string => `有 ${count} 条太大，装不进文件，还在这台手机里。`,
  shared: '已交给系统分享。',
  troubles: {
    nothing: '没有未上传的记录，不用转交。',
    noKey: '这台手机还没有和服务器同步过，暂时做不了转交文件。记录都在手机里，没有丢。',
    cannotSeal: '这个浏览器打不开加密，做不了转交文件。记录都在手机里，没有丢。',
  },
  failed: '文件没有做成，请再试一次。记录都在手机里，没有丢。',

  attach: '附上诊断信息',
  attachHint: '帮维护的人找原因。只有版本、数量和代码，没有门牌、住户和你写的话。不附也可以。收到文件的人看得到。',
  attachExactly: '会附上的就是下面这些，一条不多：',
  unknown: '（没有）',

  takeTitle: '收下队友的记录',
  takeLead: '选队友发来的转交文件。没有网也能收，有网时随这台手机一起上传，算在队友名下。',
  choose: '选择转交文件',
  drop: '也可以把文件拖到这里',
  reading: '正在读文件…',
  taken: (name: string, count: number): string => `已收下${name}的 ${count} 条记录，保存在手机，有网自动代传。`,
  takenAgain: '这份文件已经收过了，不会重复计入。',
  invalid: '这份文件不能用：可能损坏了、不完整、不是本社区的，或者记录它的手机已经停用。什么都没有改动。',
  newer: '这份文件是更新的版本做的，请先更新这台手机上的应用，再收一次。什么都没有改动。',
  ending: '这台手机正在停用，不能再替别人带记录。请用别的手机收。',
  own: '这是这台手机自己导出的文件，里面的记录会自己上传，不用收。',
  withDiagnostics: '这份文件附有诊断信息：',

  carriedTitle: '代传',
  carried: (count: number): string => `代传 ${count} 条`,
  carriedLine: (name: string, count: number): string => `${name} · ${count} 条`,
  span: (from: string, until: string): string => (from === until ? from : `${from} 至 ${until}`),
  states: {
    waiting: '已保存在手机，有网自动代传',
    delivered: (applied: number): string => `已送达 ${applied} 条`,
    partly: (count: number): string => `已送达 ${count} 条；其余不能用，记录它的手机可能已经停用。`,
    held: (count: number): string => `${count} 条等队长确认`,
    left: (count: number): string => `${count} 条没有计入，等本人的手机处理`,
  },
  somebody: '队友',
  forget: '移除',
  link: '没有网络时转交',
  linkHint: '导出未上传的记录，或收下队友的记录',
  waitingHere: (count: number): string => `还有 ${count} 条代传没有送到，先别清除数据。`,
} as const
