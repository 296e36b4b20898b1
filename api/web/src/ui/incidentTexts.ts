/** An incident's reason in the page's language, from its facts; else the worker's English text. */
import type { Incident, ObjectClass } from "../api/types"
import { CLASSES } from "../draw/palette"
import { type Key, t, type Values } from "../i18n"
import { en } from "../i18n/en"
import { age, number } from "../i18n/format"

/** Facts that are appended to a kind's text if known; their texts begin with a comma or space. */
const EXTRA_FACTS: Partial<Record<Incident["incident_kind"], readonly string[]>> = {
  stopped_vehicle: ["traffic_kmh", "traffic_pct"],
  illegal_stopping: ["traffic_kmh", "traffic_pct"],
  wrong_way: ["speed_kmh"],
  sudden_slowdown: ["from_kmh"],
  queue_spillback: ["queue_m"],
  congestion: ["speed_kmh", "speed_pct"],
}

export function kindLabel({ incident_kind }: Pick<Incident, "incident_kind">): string {
  return t(`incident.${incident_kind}`)
}

export function reasonText({ incident_kind, facts, reason }: Incident): string {
  const values = formatted(facts)
  const text = t(`reason.${incident_kind}`, values)
  if (/\{\w+\}/.test(text)) return reason
  const extra = (EXTRA_FACTS[incident_kind] ?? [])
    .filter(fact => fact in facts)
    .map(fact => t(`reason.with.${fact}` as Key, values))
  return text + extra.join("")
}

/** Facts in the page's language: classes and levels as labels, seconds as durations, numbers formatted. */
function formatted(facts: Incident["facts"]): Values {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, formattedFact(name, value)]))
}

function formattedFact(name: string, value: number | string): string {
  if (typeof value === "number") return isSeconds(name) ? age(value * 1000) : number(value)
  if (name === "classes") return listed(value, name => className(name))
  if (name === "cues") return listed(value, cue => known(`cue.${cue}`, cue))
  if (name === "class") return className(value)
  if (name === "state") return known(`state.${value}`, value)
  if (name === "level") return known(`level.${value}`, value)
  if (name === "zone_kind") return known(`kind.${value}`, value)
  return value
}

const isSeconds = (name: string): boolean => name === "seconds" || name.endsWith("_s")

function listed(values: string, format: (value: string) => string): string {
  return values
    .split(",")
    .map(value => format(value.trim()))
    .join(", ")
}

function className(value: string): string {
  return CLASSES.includes(value as ObjectClass) ? t(`class.${value as ObjectClass}`) : value
}

/** A newer worker may send a value that this page has no text for. */
function known(key: string, otherwise: string): string {
  return key in en ? t(key as Key) : otherwise
}
