/**
 * The TypeScript projects, one per kind of room: what may be named in a file (a window, a process, neither) follows from
 * where the file lies. vue-tsc also reads .vue files.
 * @type {{ project: string, tool: 'tsc' | 'vue-tsc' }[]}
 */
export const typeProjects = [
  { project: 'app', tool: 'vue-tsc' },
  { project: 'tests', tool: 'vue-tsc' },
  { project: 'pure', tool: 'tsc' },
  { project: 'server', tool: 'tsc' },
  { project: 'worker', tool: 'tsc' },
  { project: 'scripts', tool: 'tsc' },
]
