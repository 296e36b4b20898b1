/** Running counts: what the service counted, plus what crossed since it was asked. */
import type { Direction, InOut, LineCount, ObjectClass } from "../api/types"
import { CLASSES } from "../draw/palette"

/** Counts of each line by class. Never changed in place. */
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

/** One row a class that was seen, in the order that classes are always shown in. */
export function byClass(many: readonly Counts[]): (InOut & { of: ObjectClass })[] {
  const lines = many.flatMap(counts => [...counts.values()])
  return CLASSES.map(of => ({ of, ...sum(lines.map(line => line.get(of) ?? NOTHING)) })).filter(
    row => row.in + row.out > 0,
  )
}

export function sum(parts: readonly InOut[]): InOut {
  return parts.reduce((all, part) => ({ in: all.in + part.in, out: all.out + part.out }), NOTHING)
}

/** Remembers the newest ids, so that an event told twice is counted once. */
export class Seen {
  private readonly ids = new Set<string>()

  constructor(private readonly kept = 5000) {}

  /** Whether the id is new; from now on it is not. */
  first(id: string): boolean {
    if (this.ids.has(id)) return false
    this.ids.add(id)
    if (this.ids.size > this.kept) this.ids.delete(this.ids.values().next().value as string)
    return true
  }
}

/**
 * The service's counts, but for lines that something crosses just now: there nobody can say whether the service had
 * stored what this screen has heard of already, so its own sum stands until a quiet moment. A service that comes back
 * may take longer to store what it told, so a lower sum counts only when it is told twice: `lower` has the lines of
 * which it was lower the last time, and is brought up to date.
 */
export function reconciled(
  mine: Counts,
  service: Counts,
  isQuiet: (lineId: string) => boolean,
  lower: Set<string>,
): Counts {
  const isLower = (lineId: string) => crossed(service, lineId) < crossed(mine, lineId)
  const kept = [...mine].filter(([lineId]) => !isQuiet(lineId) || (isLower(lineId) && !lower.has(lineId)))
  for (const lineId of mine.keys()) {
    if (isLower(lineId)) lower.add(lineId)
    else lower.delete(lineId)
  }
  return new Map([...service, ...kept])
}

function crossed(counts: Counts, lineId: string): number {
  const { in: inwards, out } = lineTotal(counts, lineId)
  return inwards + out
}
