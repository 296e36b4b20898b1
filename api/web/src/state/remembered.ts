/** A choice that the browser stores; without storage it lasts as long as the page. */
import { effect, type Signal, signal } from "@preact/signals"

function read(key: string): string | null {
  try {
    return globalThis.localStorage?.getItem(key) ?? null
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(key, value)
  } catch {
    // Private windows may refuse storage.
  }
}

export function remembered<T extends string>(name: string, allowed: readonly T[], first: () => T): Signal<T> {
  const key = `ngatu.${name}`
  const kept = allowed.find(value => value === read(key))
  const choice = signal(kept ?? first())
  let untouched = true
  effect(() => {
    const value = choice.value
    if (!untouched) write(key, value)
    untouched = false
  })
  return choice
}
