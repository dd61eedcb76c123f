/** A process that runs the seeds it is sent, until the one that started it has no more. */
import { runSeed } from './runSeeds.ts'

process.on('message', ({ seeds, twice }: { seeds: number[]; twice: boolean }) => {
  void (async () => {
    for (const seed of seeds) process.send?.(await runSeed(seed, twice))
  })()
})
