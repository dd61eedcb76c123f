import type { BinCategory } from '../domain/sorting/itemPack.ts'

/** The four bins, and what belongs into none of them. */
export const binWords: Readonly<Record<BinCategory | 'special', string>> = {
  kitchen: '厨余垃圾',
  recyclable: '可回收物',
  hazardous: '有害垃圾',
  residual: '其他垃圾',
  special: '不投四色桶',
}

/** The colour said in words, because colour alone tells a tenth of all men nothing. */
export const binColourWords: Readonly<Record<BinCategory, string>> = {
  kitchen: '绿桶',
  recyclable: '蓝桶',
  hazardous: '红桶',
  residual: '灰桶（旧桶多为黑）',
}

export const lookupMessages = {
  title: '查分类',
  box: '查一查',
  hint: '名称、俗称、拼音（zhutonggu）、首字母（ztg）或整句问话都行',
  clear: '清除',
  opening: '正在打开分类表…',
  failed: '分类表没有打开。数据都在手机里，请再试一次。',
  retry: '再试一次',
  found: (count: number): string => `找到 ${count} 项`,
  guessed: '按拼音、部分文字或错字猜的，请核对名称：',
  also: '相近的还有',
  undecided: '是哪一种？不同的进不同的桶',
  nothing: (query: string): string => `没找到“${query}”`,
  nothingNext: '换个说法，或少打几个字试试。分不清又没有毒害的，可以先投其他垃圾；有害的一定要单独放。',
  trap: (name: string, bin: string): string => `${name}不同：${bin}`,
  elsewhere: (words: string): string => `别的城市：${words}`,
  edition: (edition: string): string => `按广州 ${edition} 年版`,
  otherEdition: (edition: string, bin: string): string => `${edition} 年版：${bin}`,
  source: '依据',
  start: '这些最容易分错，点一个看看',
  examples: ['猪筒骨', '鸡骨头', '瓜子壳', '榴莲壳', '奶茶杯', '干电池', '过期药品', '沙发'],
} as const
