/** Incidents as this screen knows them: what the service has stored, and what was told since it was asked. */
import { computed, signal } from "@preact/signals"
import type { Incident } from "../api/types"
import { URGENCY } from "../draw/palette"

interface Known {
  incident: Incident
  /** Monotonic time at which this screen heard of it by an event. */
  heardAt: number
}

type Book = ReadonlyMap<string, Known>

/** An incident is stored by the service within this time of its telling. */
const SETTLED_AFTER_MS = 1000
const ENDED_KEPT = 20

const book = signal<Book>(new Map())
/** What was raised last while this screen was there: read out to who does not see it. */
export const announced = signal<Incident | null>(null)

export const isOpen = ({ phase }: Incident): boolean => phase !== "ended"

/** What goes on first: danger to people before all else, then the newest. */
export const incidents = computed(() => shown([...book.value.values()].map(known => known.incident)))
export const openCount = computed(() => incidents.value.filter(isOpen).length)

export function incidentsOf(cameraId: string): readonly Incident[] {
  return incidents.value.filter(incident => incident.camera_id === cameraId)
}

/** A word as it is told; an older word than the known one says nothing. */
export function takeIncident(word: Incident, now = performance.now()): void {
  const known = book.value.get(word.incident_id)
  if (known && known.incident.sequence >= word.sequence) return
  book.value = new Map(book.value).set(word.incident_id, { incident: word, heardAt: now })
  if (word.phase === "raised") announced.value = word
}

/** `askedAt`: monotonic time at which the service was asked for these: all that go on, and the newest. */
export function takeIncidents(stored: readonly Incident[], askedAt: number): void {
  book.value = reconciled(book.value, stored, askedAt)
}

/** The service's word, but for what was told so lately that it may not have been stored when it was asked. */
export function reconciled(mine: Book, stored: readonly Incident[], askedAt: number): Book {
  const fresh = [...mine].filter(([, { heardAt }]) => heardAt + SETTLED_AFTER_MS >= askedAt)
  const next = new Map(stored.map(incident => [incident.incident_id, { incident, heardAt: 0 } as Known]))
  for (const [id, known] of fresh) {
    const theirs = next.get(id)
    if (!theirs || theirs.incident.sequence < known.incident.sequence) next.set(id, known)
  }
  return next
}

const RANK = { bad: 0, warn: 1, off: 2 } as const

function shown(all: readonly Incident[]): readonly Incident[] {
  const newestFirst = [...all].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at))
  const open = newestFirst.filter(isOpen).sort((a, b) => rank(a) - rank(b))
  const over = newestFirst.filter(incident => !isOpen(incident))
  return [...open, ...over.slice(0, ENDED_KEPT)]
}

function rank({ incident_kind }: Incident): number {
  return RANK[URGENCY[incident_kind]]
}
