import { toCsv, type ExportRow } from '../../domain/coverage/exportRows.ts'

export type TableForm = 'xlsx' | 'csv'

/** A table with its heads as a file that Excel opens. The writer of workbooks is fetched when it is needed. */
export async function writeTable(
  name: string,
  heads: readonly string[],
  rows: readonly ExportRow[],
  form: TableForm,
): Promise<Blob> {
  if (form === 'csv') return new Blob([toCsv([heads, ...rows])], { type: 'text/csv;charset=utf-8' })
  const { buildWorkbook } = await import('./workbook.ts')
  return buildWorkbook(name, heads, rows)
}

/** Hands a file to the browser's own download. */
export function download(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  document.body.append(link)
  link.click()
  link.remove()
  // The browser has taken hold of it by the next minute; sooner, some lose the download.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
