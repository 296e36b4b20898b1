import { afterEach, describe, expect, it } from "vitest"
import { en } from "./en"
import { age, fps, milliseconds, number } from "./format"
import { fill, language, preferredLanguage, t } from "./index"
import { vi } from "./vi"

afterEach(() => {
  language.value = "en"
})

const sources = import.meta.glob("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true })
const code = Object.entries(sources)
  .filter(([path]) => !/\/(en|vi|\w+\.test)\.tsx?$/.test(path))
  .map(([, text]) => text as string)
  .join("\n")

/** Keys with a computed part, as in t(`state.${state}`). */
const computed = [...code.matchAll(/`([a-z.]+)\.\$\{[\w.]+\}(\.\w+)?`/g)].map(([, head, tail]) => [
  head,
  tail ?? "",
])

describe("the dictionaries", () => {
  it("have the same keys", () => {
    expect(Object.keys(vi).sort()).toEqual(Object.keys(en).sort())
  })

  it("have the same placeholders", () => {
    const placeholders = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort()
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      expect(placeholders(vi[key]), key).toEqual(placeholders(en[key]))
    }
  })

  it("have no unused text", () => {
    const isUsed = (key: string) =>
      code.includes(`"${key}"`) ||
      computed.some(([head, tail]) => key.startsWith(`${head}.`) && key.endsWith(`${tail}`))
    expect(Object.keys(en).filter(key => !isUsed(key))).toEqual([])
  })
})

describe("the language", () => {
  it("starts as the browser's first language that the page has", () => {
    expect(preferredLanguage(["fr-FR", "vi-VN", "en"])).toBe("vi")
    expect(preferredLanguage(["de"])).toBe("en")
  })

  it("changes all texts at once", () => {
    expect(t("class.motorcycle")).toBe("Motorcycle")
    language.value = "vi"
    expect(t("class.motorcycle")).toBe("Xe máy")
  })

  it("keeps a placeholder without a value visible", () => {
    expect(fill("{a} of {b}", { a: 0 })).toBe("0 of {b}")
  })
})

describe("numbers", () => {
  it("follow the language", () => {
    expect(number(12_345)).toBe("12,345")
    expect(fps(9.5)).toBe("9.5")
    language.value = "vi"
    expect(number(12_345)).toBe("12.345")
    expect(milliseconds(1240)).toBe("1,2 s")
  })

  it("round latency to its accuracy", () => {
    expect([7, 123, 996, 12_340].map(milliseconds)).toEqual(["7 ms", "120 ms", "1.0 s", "12 s"])
  })

  it("give an age in its largest unit", () => {
    expect([400, 61_000, 7_200_000, 200_000_000].map(age)).toEqual(["0 s", "1 min", "2 h", "2 d"])
  })
})
