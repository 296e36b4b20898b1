/** Running counts: the service's counts plus the crossings since they were requested. */
import type { Direction, InOut, LineCount, ObjectClass } from "../api/types"
import { CLASSES } from "../draw/palette"

/** Counts by line and class; immutable. */
export type Counts = ReadonlyMap<string, ReadonlyMap<ObjectClass, InOut>>

export const NOTHING: InOut = { in: 0, out: 0 }

export function countsOf(lines: Record<string, LineCount>): Counts {
  const byClass = (line: LineCount) => new Map(Object.entries(line.by_class) as [ObjectClass, InOut][])
  return new Map(Object.entries(lines).map(([id, line]) => [id, byClass(line)]))
}

export function counted(counts: Counts, lineId: string, of: ObjectClass, direction: Direction): Counts {
  const line = counts.get(lineId) ?? new Map<ObjectClass, InOut>()
  const before = line.get(of) ?? NOTHING
  return new Map(counts).set(lineId, new Map(line).set(of, { ...before, [direction]: before[direction] + 1 }))
}

export function lineTotal(counts: Counts, lineId: string): InOut {
  return sum([...(counts.get(lineId)?.values() ?? [])])
}

export function total(counts: Counts): InOut {
  return sum([...counts.keys()].map(lineId => lineTotal(counts, lineId)))
}

/** One row per class that was seen, in the fixed order of classes. */
export function byClass(many: readonly Counts[]): (InOut & { of: ObjectClass })[] {
  const lines = many.flatMap(counts => [...counts.values()])
  return CLASSES.map(of => ({ of, ...sum(lines.map(line => line.get(of) ?? NOTHING)) })).filter(
    row => row.in + row.out > 0,
  )
}

export function sum(parts: readonly InOut[]): InOut {
  return parts.reduce((all, part) => ({ in: all.in + part.in, out: all.out + part.out }), NOTHING)
}

/** Remembers recent event ids, so that an event received twice is counted once. */
export class RecentIds {
  private readonly ids = new Set<string>()

  constructor(private readonly capacity = 5000) {}

  /** Adds the id; returns whether it was new. */
  add(id: string): boolean {
    if (this.ids.has(id)) return false
    this.ids.add(id)
    if (this.ids.size > this.capacity) this.ids.delete(this.ids.values().next().value as string)
    return true
  }
}

/**
 * The service's counts, except for lines with recent crossings: the service may not have stored those crossings yet, so
 * the page's own count stays until the line is quiet. A service that restarts may take longer to store events, so a
 * lower count is accepted only the second time: `lower` holds the lines whose count was lower last time, and is updated.
 */
export function reconciled(
  mine: Counts,
  service: Counts,
  isQuiet: (lineId: string) => boolean,
  lower: Set<string>,
): Counts {
  const isLower = (lineId: string) => crossings(service, lineId) < crossings(mine, lineId)
  const kept = [...mine].filter(([lineId]) => !isQuiet(lineId) || (isLower(lineId) && !lower.has(lineId)))
  for (const lineId of mine.keys()) {
    if (isLower(lineId)) lower.add(lineId)
    else lower.delete(lineId)
  }
  return new Map([...service, ...kept])
}

function crossings(counts: Counts, lineId: string): number {
  const { in: into, out } = lineTotal(counts, lineId)
  return into + out
}
