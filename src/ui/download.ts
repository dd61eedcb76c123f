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
