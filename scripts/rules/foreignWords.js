/** Written in two parts, so that this file does not find itself. */
const patterns = [
  { what: 'somebody’s home folder', pattern: new RegExp('(?<![\\w.])/(ho' + 'me|Us' + 'ers)/\\w+/') },
  { what: 'a folder of one machine', pattern: new RegExp('(?<![\\w.])/(wo' + 'rk|ro' + 'ot)/\\w') },
  { what: 'a package host', pattern: new RegExp('regi' + 'stry[.](npm' + 'js|npm' + 'mirror|yarn' + 'pkg)', 'i') },
]

/**
 * What in a file belongs to somebody's machine and not to the product.
 * @param {string} name
 * @param {string} text
 * @returns {string[]} one sentence per fault
 */
export function foreignWords(name, text) {
  return text
    .split('\n')
    .flatMap((line, index) =>
      patterns.filter(({ pattern }) => pattern.test(line)).map(({ what }) => `${name}:${index + 1}: names ${what}`),
    )
}
