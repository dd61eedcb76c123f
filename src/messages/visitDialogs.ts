/** Words of what is opened now and then at the doorstep, apart from those that stand there always: they load later. */
export const visitDialogs = {
  save: '保存',

  empty: {
    loading: '正在第一次下载',
    loadingRows: (rows: number): string => `已收到 ${rows} 条。请保持有网，完成后离线也能用。`,
    noRound: '现在没有开放的轮次',
    noRoundMember: '社区专员开了新一轮，这里就会出现要敲的楼梯。先练习一下也好。',
    noRoundOfficer: '先开一个轮次，再把楼梯派给各队。',
    openRound: '去开轮次',
    noStairwell: '还没有派给你的楼梯',
    noStairwellMember: '请队长派一个楼梯给你，有网时会自动出现在这里。',
    noStairwellLeader: '到“派楼”把楼梯派给本队。',
    noStairwellOfficer: '先导入门户清单，再派给各队。',
    assign: '去派楼',
    importList: '去导入',
    noTeam: '你还没有编进服务队，请告诉队长或社区专员。',
  },

  partner: {
    partner: '同伴',
    partnerTitle: '今晚和谁一组',
    partnerHint: '一组共用一台手机就够，最多选 4 人。服务记录会写上同伴。',
    partnerFixed: '今晚已经开始，新选的同伴从下一次敲门算起。',
    ready: '好了',
  },

  walk: {
    hand: '哪只手拿手机',
    hands: { right: '右手', left: '左手' },
    direction: '楼层方向',
    directions: { down: '从上往下', up: '从下往上' },
    order: '走廊走法',
    orders: { bothSides: '按门号', oneSide: '先一边再回头' },
  },

  note: {
    field: '怎么进门',
    hint: '比如“找保安登记”“按 101 对讲”。不写密码、姓名和电话。',
    code: '像是门禁密码，没有保存。密码不能写在这里，请当面问保安或队长。',
    stale: '别人刚改过，没有覆盖。下面是最新的，请再看一眼：',
    redact: '抹去这条文字',
    redactWhy: '写了姓名、电话或别的隐私时用。抹去以后，每台手机上都不再有，备份恢复后也不会回来，也不能撤销。',
    redactYes: '抹去，不能撤销',
    redactNo: '不抹去',
    latest: (note: string): string => (note === '' ? '（空）' : note),
  },

  noEntry: {
    hint: '整个楼梯记一次就够，不用一户一户记无人。',
  },

  manners: {
    openingTitle: '敲开门',
    opening: '“您好，我们是社区的志愿者，来聊一分钟垃圾分类，不记名、不登记。现在方便吗？”',
    leavingTitle: '道别',
    leaving: '“打扰您了，谢谢！垃圾分类有不清楚的，可以问社区。”',
    refusedTitle: '对方不愿意',
    refused: '“没关系，打扰了。”马上离开，记“这次不便”；请你以后别来，就记“请勿打扰”。',
    complainTitle: '住户要投诉',
    complain: (community: string): string => `请住户直接找${community}居委会说，不用经过我们。`,
  },

  form: {
    addTitle: '加一扇门',
    addHint: '墙上有、单子上没有的门。加上后标“待核实”，由队长确认。',
    level: '楼层',
    levelHint: '数字，地下用负数，如 -1',
    levelBad: '楼层要是 -20 到 200 之间的数字',
    label: '门牌',
    labelBad: '请写门牌，最多 16 个字',
    kind: '是什么',
    kinds: { home: '住宅', shop: '商铺', office: '办公', other: '其他' },
    add: '加上',
    known: (label: string): string => `${label} 已经在单子上了`,
    renameTitle: (label: string): string => `${label} 的门牌`,
    renameHint: '门还是这扇门，以前的记录都留着。原来没牌或掉了牌，写现在怎么叫它。',
    newLabel: '现在的门牌',
    retireTitle: (label: string): string => `${label} 已经封了？`,
    retireHint: '封掉、拆掉或并进别家的门。它会从楼上消失，以前的记录都留着，队长可以恢复。',
    retire: '这门已封',
    retired: '这个门牌以前有过，已经停用。请队长恢复它，或写别的门牌。',
    taken: '这个门牌已经是另一扇门的。',
  },

  practice: {
    title: '练习楼 1梯',
    estate: '练习',
    building: '练习楼',
    stairwell: '1梯',
    banner: '练习 · 门是假的，怎么点都不会记录',
    quiz: '练习里不出题。正式敲门时，点“问一题”会记下见到，并开始问答。',
    again: '从头再练',
    leave: '结束练习',
    hint: '点一扇窗，再点一个结果。点错了就撤销。',
  },
} as const
