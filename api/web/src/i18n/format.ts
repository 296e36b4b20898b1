/** Formats numbers, times and durations in the page's language. */
import { language, t } from "./index"

const LOCALE = { vi: "vi-VN", en: "en-GB" } as const

export function locale(): string {
  return LOCALE[language.value]
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  }).format(value)
}

/** In ms below a second, rounded to 10 ms from 100 ms on; else in seconds. */
export function milliseconds(ms: number): string {
  if (ms < 995) return `${number(ms < 100 ? Math.round(ms) : Math.round(ms / 10) * 10)} ms`
  return `${number(ms / 1000, ms < 9950 ? 1 : 0)} s`
}

export function fps(value: number): string {
  return number(value, value < 9.95 ? 1 : 0)
}

export function clockTime(iso: string): string {
  return new Date(iso).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit" })
}

/** Hour and minute, with the date unless it is today. */
export function since(iso: string, now = new Date()): string {
  const moment = new Date(iso)
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" }
  const today = moment.toDateString() === now.toDateString()
  return moment.toLocaleString(locale(), today ? time : { ...time, day: "2-digit", month: "2-digit" })
}

export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return t("age.seconds", { n: seconds })
  if (seconds < 3600) return t("age.minutes", { n: Math.floor(seconds / 60) })
  if (seconds < 86_400) return t("age.hours", { n: Math.floor(seconds / 3600) })
  return t("age.days", { n: Math.floor(seconds / 86_400) })
}
