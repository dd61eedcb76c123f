import type { ServiceRecord } from '../domain/records/serviceRecord.ts'

/** A member's own service records. */
export const serviceMessages = {
  title: '服务',
  lead: '敲门结束时自动写好，只有你和盖章的社区看得到。',
  programme: '一起做的事',
  total: (count: number, hours: number, minutes: number): string =>
    `共 ${count} 次，${hours > 0 ? `${hours} 小时 ` : ''}${minutes} 分钟`,
  states: {
    draft: '草稿，还没提交',
    submitted: '已提交，待社区盖章',
    confirmed: '社区已盖章',
    returned: '社区退回，请看看原因',
    rejected: '社区没有通过',
    revoked: '盖章已撤销',
  } satisfies Record<ServiceRecord['state'], string>,
  minutes: (minutes: number): string => `${minutes} 分钟`,
  span: (from: string, until: string): string => `${from}–${until}`,
  doors: (doors: number): string => `敲门 ${doors} 户`,
  met: (met: number): string => `见到 ${met} 户`,
  quizzed: (quizzed: number): string => `问答 ${quizzed} 户`,
  sentence: (sentence: string): string => `“${sentence}”`,
  openTitle: '今晚还没结束',
  openText: (from: string): string => `${from} 开始。敲完以后结束今晚，服务记录就写好了。`,
  openLink: '去结束今晚',
  empty: '还没有服务记录',
  emptyText: '敲一次门，结束今晚，这里就会自动多一条。不用自己填时间和户数。',
  emptyLink: '去敲门',
  stampTitle: '盖章是什么',
  stampText:
    '盖章是社区对这份记录的确认。时间和户数在提交时就定下来，之后不会变；盖章的人不会是本人。没盖章的记录会一直留着，不会丢。',
} as const
