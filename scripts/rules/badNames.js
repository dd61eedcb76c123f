const rooms = /^(src|sync-server|tests|scripts)\//
const emptyNames = ['utils', 'util', 'helpers', 'helper', 'services', 'common', 'manager', 'managers', 'data', 'index']
const emptyWords = /(^|[a-z\d_-])(Utils?|Helpers?|Managers?)(?![a-z])|^(utils?|helpers?|managers?)(?![a-z])/

/**
 * Files and folders of ours whose names tell a newcomer nothing.
 * @param {string[]} files paths relative to the project
 * @returns {string[]} one sentence per fault
 */
export function badNames(files) {
  const faults = new Set()
  for (const file of files.filter((name) => rooms.test(name))) {
    for (const part of file.split('/').slice(1)) {
      const name = part.replace(/[.].*$/, '')
      if (emptyNames.includes(name.toLowerCase()) || emptyWords.test(name))
        faults.add(`${file}: "${part}" says nothing`)
    }
  }
  return [...faults]
}
