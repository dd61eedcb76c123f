import { AsyncLocalStorage } from 'node:async_hooks'
import { StatementFault, type StorageTrouble } from './StorageTrouble.ts'

declare global {
  interface String {
    /** In ES2024 and in Node since 20; the compiler's library is a year behind. */
    isWellFormed(): boolean
  }
}

/** What a dialect is given by the storage that opens it. */
export interface DialectRules {
  guard: TransactionGuard
  log: StatementLog | undefined
  /** Told once, when the database turns out to be damaged. */
  onDamage?: (trouble: StorageTrouble) => void
}

/** Called with every statement before it runs, `begin` and `commit` included. */
export type StatementLog = (sql: string, parameters: readonly unknown[]) => void

/**
 * U+0000 and lone surrogates are refused before either database sees them: PostgreSQL rejects the first, both would
 * silently replace the second, and what comes back must be what was put in.
 */
export function assertStorableText(parameters: readonly unknown[]): void {
  for (const value of parameters) {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
      throw new StatementFault('bad_text', 'a text holds U+0000 or a lone surrogate')
    }
  }
}

/**
 * The same for texts inside JSON, where the two hide behind escapes: PostgreSQL takes them in and then fails every
 * `body ->> 'x'` over them. Only JSON that may hold such an escape is parsed.
 */
export function assertStorableJson(json: string): void {
  if (!/\\u(?:0000|d[89a-f])/i.test(json)) return
  JSON.parse(json, (key, value: unknown) => {
    assertStorableText([key, value])
    return value
  })
}

/**
 * Using `db` inside a transaction of `db` would wait for itself for ever on SQLite and read other facts on PostgreSQL,
 * so it is an error at once. One guard belongs to one storage.
 */
export class TransactionGuard {
  readonly #now = new AsyncLocalStorage<{ open: boolean }>()

  /** Marks everything that `run` awaits as being inside a transaction. */
  async inside<T>(run: () => Promise<T>): Promise<T> {
    const mark = { open: true }
    try {
      return await this.#now.run(mark, run)
    } finally {
      mark.open = false
    }
  }

  /** @throws StatementFault `db_inside_transaction` */
  assertOutside(): void {
    if (this.#now.getStore()?.open) {
      throw new StatementFault('db_inside_transaction', 'inside a transaction use trx alone')
    }
  }
}
