import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | null = null

/** A folder with one page, which stands for the built app. */
export function appFolder(): string {
  if (folder === null) {
    folder = mkdtempSync(join(tmpdir(), 'qiaomen-matrix-app-'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html>')
    process.once('exit', () => rmSync(folder!, { recursive: true, force: true }))
  }
  return folder
}
