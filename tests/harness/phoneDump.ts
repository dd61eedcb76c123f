/** A phone's whole database as plain JSON: what its stores look like, and every row in them. */
export interface PhoneDump {
  name: string
  /** As IndexedDB counts it; Dexie's own number times ten. */
  version: number
  stores: {
    name: string
    keyPath: string | string[] | null
    autoIncrement: boolean
    indexes: { name: string; keyPath: string | string[]; unique: boolean; multiEntry: boolean }[]
    rows: unknown[]
  }[]
}

/**
 * Reads a database through the platform's own calls, as a stranger would find it. Rows of a phone are plain JSON, so
 * nothing is lost on the way.
 *
 * @throws Error when there is no such database
 */
export async function dumpPhone(indexedDB: IDBFactory, name: string): Promise<PhoneDump> {
  const opening = indexedDB.open(name)
  opening.onupgradeneeded = () => opening.transaction?.abort()
  const database = await done(opening)
  const names = [...database.objectStoreNames]
  const transaction = database.transaction(names)
  const stores: PhoneDump['stores'] = []
  for (const storeName of names) {
    const store = transaction.objectStore(storeName)
    const indexes = [...store.indexNames].map((indexName) => {
      const { keyPath, unique, multiEntry } = store.index(indexName)
      return { name: indexName, keyPath: plain(keyPath), unique, multiEntry }
    })
    const rows = (await done(store.getAll())) as unknown[]
    const keyPath = store.keyPath === null ? null : plain(store.keyPath)
    stores.push({ name: storeName, keyPath, autoIncrement: store.autoIncrement, indexes, rows })
  }
  const { version } = database
  database.close()
  return { name, version, stores }
}

const plain = (keyPath: string | string[]): string | string[] => (typeof keyPath === 'string' ? keyPath : [...keyPath])

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the request failed'))
  })
}

/**
 * Makes the database anew where there is none yet, as it lay on the phone that it was read from. It stands alone, because
 * it is also sent to a browser as text.
 */
export async function restorePhone(dump: PhoneDump, factory?: IDBFactory): Promise<void> {
  const indexedDB = factory ?? globalThis.indexedDB
  const opening = indexedDB.open(dump.name, dump.version)
  opening.onupgradeneeded = () => {
    for (const { name, keyPath, autoIncrement, indexes } of dump.stores) {
      const store = opening.result.createObjectStore(name, { keyPath, autoIncrement })
      for (const index of indexes) {
        const { unique, multiEntry } = index
        store.createIndex(index.name, index.keyPath, { unique, multiEntry })
      }
    }
  }
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error ?? new Error('the database did not open'))
  })
  const transaction = database.transaction(
    dump.stores.map(({ name }) => name),
    'readwrite',
  )
  for (const { name, rows } of dump.stores) for (const row of rows) transaction.objectStore(name).put(row)
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('the rows were not stored'))
  })
  database.close()
}
