/** What happened, as sentences: of the facts that a worker tells by name, else in the worker's own English. */
import type { Incident, ObjectClass } from "../api/types"
import { CLASSES } from "../draw/palette"
import { type Key, t, type Values } from "../i18n"
import { en } from "../i18n/en"
import { age, number } from "../i18n/format"

/** What follows the sentence of a kind, where its fact is known; each brings its own comma or space. */
const FURTHER: Partial<Record<Incident["incident_kind"], readonly string[]>> = {
  stopped_vehicle: ["traffic_kmh", "traffic_pct"],
  illegal_stopping: ["traffic_kmh", "traffic_pct"],
  wrong_way: ["speed_kmh"],
  sudden_slowdown: ["from_kmh"],
  queue_spillback: ["queue_m"],
  congestion: ["speed_kmh", "speed_pct"],
}

export function kindWords({ incident_kind }: Pick<Incident, "incident_kind">): string {
  return t(`incident.${incident_kind}`)
}

export function reasonWords({ incident_kind, facts, reason }: Incident): string {
  const values = spoken(facts)
  const sentence = t(`reason.${incident_kind}`, values)
  if (/\{\w+\}/.test(sentence)) return reason
  const further = (FURTHER[incident_kind] ?? [])
    .filter(fact => fact in facts)
    .map(fact => t(`reason.with.${fact}` as Key, values))
  return sentence + further.join("")
}

/** Facts as people say them: classes and levels as words, seconds as lengths of time, numbers as the language has them. */
function spoken(facts: Incident["facts"]): Values {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, spokenFact(name, value)]))
}

function spokenFact(name: string, value: number | string): string {
  if (typeof value === "number") return isSeconds(name) ? age(value * 1000) : number(value)
  if (name === "classes") return listed(value, word => className(word))
  if (name === "cues") return listed(value, word => known(`cue.${word}`, word))
  if (name === "class") return className(value)
  if (name === "state") return known(`state.${value}`, value)
  if (name === "level") return known(`level.${value}`, value)
  if (name === "zone_kind") return known(`kind.${value}`, value)
  return value
}

const isSeconds = (name: string): boolean => name === "seconds" || name.endsWith("_s")

function listed(words: string, spoken: (word: string) => string): string {
  return words
    .split(",")
    .map(word => spoken(word.trim()))
    .join(", ")
}

function className(value: string): string {
  return CLASSES.includes(value as ObjectClass) ? t(`class.${value as ObjectClass}`) : value
}

/** A newer worker may use a word that this page has no sentence for. */
function known(key: string, otherwise: string): string {
  return key in en ? t(key as Key) : otherwise
}
