/** The incidents on the page: those that the service has stored, and the updates since they were requested. */
import { computed, signal } from "@preact/signals"
import type { Incident } from "../api/types"
import { URGENCY } from "../draw/palette"

interface Known {
  incident: Incident
  /** Monotonic time of its last event. */
  receivedAt: number
}

type KnownIncidents = ReadonlyMap<string, Known>

/** The service stores an update within this time of publishing it. */
const SETTLED_AFTER_MS = 1000
const MAX_ENDED = 20

const known = signal<KnownIncidents>(new Map())
/** The incident raised last since the page was opened; screen readers announce it. */
export const announced = signal<Incident | null>(null)

export const isOpen = ({ phase }: Incident): boolean => phase !== "ended"

/** Open ones first: danger to people, then the newest. */
export const incidents = computed(() => shown([...known.value.values()].map(({ incident }) => incident)))
export const openCount = computed(() => incidents.value.filter(isOpen).length)

export function incidentsOf(cameraId: string): readonly Incident[] {
  return incidents.value.filter(incident => incident.camera_id === cameraId)
}

/** Applies an update; one older than the known state is ignored. */
export function applyIncident(update: Incident, now = performance.now()): void {
  const before = known.value.get(update.incident_id)
  if (before && before.incident.sequence >= update.sequence) return
  known.value = new Map(known.value).set(update.incident_id, { incident: update, receivedAt: now })
  if (update.phase === "raised") announced.value = update
}

/** `askedAt`: monotonic time of the request for these, all open ones and the newest. */
export function applyIncidents(stored: readonly Incident[], askedAt: number): void {
  known.value = reconciled(known.value, stored, askedAt)
}

/** The stored incidents, except for updates so recent that they may not have been stored at the request. */
export function reconciled(
  mine: KnownIncidents,
  stored: readonly Incident[],
  askedAt: number,
): KnownIncidents {
  const fresh = [...mine].filter(([, { receivedAt }]) => receivedAt + SETTLED_AFTER_MS >= askedAt)
  const next = new Map(stored.map(incident => [incident.incident_id, { incident, receivedAt: 0 } as Known]))
  for (const [id, recent] of fresh) {
    const theirs = next.get(id)
    if (!theirs || theirs.incident.sequence < recent.incident.sequence) next.set(id, recent)
  }
  return next
}

const RANK = { bad: 0, warn: 1, off: 2 } as const

function shown(all: readonly Incident[]): readonly Incident[] {
  const newestFirst = [...all].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at))
  const open = newestFirst.filter(isOpen).sort((a, b) => rank(a) - rank(b))
  const ended = newestFirst.filter(incident => !isOpen(incident))
  return [...open, ...ended.slice(0, MAX_ENDED)]
}

function rank({ incident_kind }: Incident): number {
  return RANK[URGENCY[incident_kind]]
}
