/** The page's language: Vietnamese or English, remembered, at first the browser's. */
import { computed } from "@preact/signals"
import { remembered } from "../state/remembered"
import { en, type Key, type Words } from "./en"
import { vi } from "./vi"

export type Language = "vi" | "en"
export type { Key } from "./en"

const dictionaries: Record<Language, Words> = { en, vi }

export function preferredLanguage(asked: readonly string[]): Language {
  for (const tag of asked) {
    const language = tag.slice(0, 2).toLowerCase()
    if (language === "vi" || language === "en") return language
  }
  return "en"
}

export const language = remembered<Language>("language", ["vi", "en"], () =>
  preferredLanguage(globalThis.navigator?.languages ?? []),
)

export type Values = Record<string, string | number>

/** Puts values into a sentence's `{names}`; a name without a value stays, so that it is seen. */
export function fill(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

const words = computed(() => dictionaries[language.value])

/** The sentence of a key in the page's language. Components that call it follow the language. */
export function t(key: Key, values: Values = {}): string {
  return fill(words.value[key], values)
}
