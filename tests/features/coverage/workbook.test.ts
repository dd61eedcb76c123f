import { expect, test } from 'vitest'
import readWorkbook from 'read-excel-file/universal'
import { buildWorkbook } from '../../../src/features/coverage/workbook.ts'

test('a workbook reads back as it was written, and no text in it is a formula', async () => {
  const rows = [
    ['华兴苑', "'=1+1", 48],
    ['<b>&"', '', 0],
    ['0102', '3-2', 7],
  ]
  const bytes = await buildWorkbook('敲门记录', ['小区', '备注', '户数'], rows).arrayBuffer()
  const [sheet] = await readWorkbook(bytes)
  expect(sheet?.sheet).toBe('敲门记录')
  expect(sheet?.data).toEqual([
    ['小区', '备注', '户数'],
    ['华兴苑', "'=1+1", 48],
    ['<b>&"', null, 0],
    ['0102', '3-2', 7],
  ])
})

test('five thousand visits are written at once, without a worker', async () => {
  const rows = Array.from({ length: 5_000 }, (_, index) => ['首轮', '华兴苑', `${index}`, 'met', index])
  const blob = buildWorkbook('x', ['a', 'b', 'c', 'd', 'e'], rows)
  const [sheet] = await readWorkbook(await blob.arrayBuffer())
  expect(sheet?.data.length).toBe(5_001)
  expect(sheet?.data.at(-1)).toEqual(['首轮', '华兴苑', '4999', 'met', 4999])
})
