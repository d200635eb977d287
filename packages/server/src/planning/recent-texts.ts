/** A bounded map from texts to what was made of them; what was not used for longest goes first. */

export interface RecentTexts<T> {
  get(text: string): T | undefined
  /** `size` counts against the bound; what alone is larger than a quarter of it is not kept. */
  set(text: string, value: T, size: number): void
}

export function createRecentTexts<T>(sizeMax: number): RecentTexts<T> {
  const entries = new Map<string, { readonly value: T; readonly size: number }>()
  let total = 0
  const drop = (text: string): void => {
    total -= entries.get(text)?.size ?? 0
    entries.delete(text)
  }
  return {
    get(text) {
      const entry = entries.get(text)
      if (entry === undefined) return undefined
      entries.delete(text)
      entries.set(text, entry)
      return entry.value
    },
    set(text, value, size) {
      drop(text)
      if (size > sizeMax / 4) return
      entries.set(text, { value, size })
      total += size
      for (const oldest of entries.keys()) {
        if (total <= sizeMax) break
        drop(oldest)
      }
    },
  }
}
