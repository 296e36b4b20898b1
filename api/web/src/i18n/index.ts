/** The page's language: Vietnamese or English, stored in the browser; initially the browser's language. */
import { computed } from "@preact/signals"
import { remembered } from "../state/remembered"
import { en, type Key, type Texts } from "./en"
import { vi } from "./vi"

export type Language = "vi" | "en"
export type { Key } from "./en"

const dictionaries: Record<Language, Texts> = { en, vi }

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

/** Replaces the `{placeholders}` of a text; one without a value stays visible. */
export function fill(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

const texts = computed(() => dictionaries[language.value])

/** The text of a key in the page's language; components that call it update with the language. */
export function t(key: Key, values: Values = {}): string {
  return fill(texts.value[key], values)
}
