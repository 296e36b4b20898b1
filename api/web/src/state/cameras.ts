/** The state of all cameras; one signal per value, so that a change re-renders only what shows it. */
import { computed, type Signal, signal } from "@preact/signals"
import { LiveFeed } from "../api/feed"
import type { Camera, CameraList, CameraStatus, Crossing } from "../api/types"
import { type Counts, counted, countsOf, RecentIds, reconciled } from "./counts"
import type { Latency } from "./latency"
import { ageMs } from "./now"

export interface CameraModel {
  readonly id: string
  readonly facts: Signal<Camera>
  readonly health: Signal<CameraStatus>
  readonly counts: Signal<Counts>
  /** Monotonic time of the last crossing event, by line. */
  readonly receivedAt: Map<string, number>
  /** Lines for which the service's last answer had a lower total than this page. */
  readonly lowerLines: Set<string>
  readonly feed: LiveFeed
}

const WATCHED_OR_OFF: ReadonlySet<string> = new Set(["online", "stopped", "ended"])

/** `null` before the service's first answer. */
export const cameras = signal<readonly CameraModel[] | null>(null)
/** When the counts begin. */
export const countedSince = signal<string | null>(null)
/** Why the service cannot read its folder of camera files; `null` if it can. */
export const folderProblem = signal<string | null>(null)
/** Newest first. */
export const crossings = signal<readonly Crossing[]>([])

export const onlineCount = computed(
  () => cameras.value?.filter(camera => camera.health.value.state === "online").length ?? 0,
)

/** Cameras that should be watched and are not: nothing is known of what happens there now. */
export const unwatchedCameras = computed(
  () => cameras.value?.filter(camera => !WATCHED_OR_OFF.has(camera.health.value.state)) ?? [],
)

export const TICKER_LENGTH = 50
/** The service stores a crossing within this time of publishing it. */
const SETTLED_AFTER_MS = 1000
const recent = new RecentIds()

export function cameraById(id: string): CameraModel | undefined {
  return cameras.value?.find(camera => camera.id === id)
}

/** `askedAt`: monotonic time of the request. */
export function applyCameraList(list: CameraList, askedAt: number): void {
  const since = list.cameras[0]?.counts.since ?? null
  const newDay = since !== countedSince.value
  const known = new Map(cameras.value?.map(camera => [camera.id, camera]))
  const next = list.cameras.map(facts => {
    const camera = known.get(facts.id)
    if (!camera) return created(facts)
    if (newDay) for (const lineId of camera.counts.value.keys()) camera.lowerLines.add(lineId)
    return updated(camera, facts, newDay ? Number.POSITIVE_INFINITY : askedAt)
  })
  for (const camera of known.values()) if (!next.includes(camera)) camera.feed.close()
  countedSince.value = since
  folderProblem.value = list.problem
  if (!sameCameras(cameras.value, next)) cameras.value = next
}

function created(facts: Camera): CameraModel {
  return {
    id: facts.id,
    facts: signal(facts),
    health: signal(facts.health),
    counts: signal(countsOf(facts.counts.lines)),
    receivedAt: new Map(),
    lowerLines: new Set(),
    feed: new LiveFeed(facts.id),
  }
}

function updated(camera: CameraModel, facts: Camera, askedAt: number): CameraModel {
  const isQuiet = (lineId: string) => (camera.receivedAt.get(lineId) ?? 0) + SETTLED_AFTER_MS < askedAt
  camera.facts.value = facts
  camera.health.value = facts.health
  camera.counts.value = reconciled(
    camera.counts.value,
    countsOf(facts.counts.lines),
    isQuiet,
    camera.lowerLines,
  )
  return camera
}

function sameCameras(before: readonly CameraModel[] | null, after: readonly CameraModel[]): boolean {
  return before?.length === after.length && after.every((camera, index) => camera === before[index])
}

/** A frame older than this is not shown as live. */
const STALE_MS = 3000

export function isStale({ feed }: CameraModel): boolean {
  const shownAt = feed.shownAt.value
  return shownAt !== null && ageMs(shownAt) > STALE_MS
}

/** Latency from capture to screen; `null` while no frames arrive. */
export function latencyNow(camera: CameraModel): Latency | null {
  return camera.health.value.state !== "online" || isStale(camera) ? null : camera.feed.latency.value
}

/** Returns whether the camera is known; if not, the list must be requested again. */
export function applyHealth(health: CameraStatus): boolean {
  const camera = cameraById(health.camera_id)
  if (camera) camera.health.value = health
  return camera !== undefined
}

export function applyCrossing(crossing: Crossing): void {
  if (!recent.add(crossing.event_id)) return
  const camera = cameraById(crossing.camera_id)
  if (camera) {
    const { line_id, object_class, direction } = crossing
    camera.receivedAt.set(line_id, performance.now())
    camera.counts.value = counted(camera.counts.value, line_id, object_class, direction)
  }
  crossings.value = newestFirst([crossing, ...crossings.value])
}

/** Crossings before the page was opened: shown, but already in the service's counts. */
export function applyEarlier(earlier: readonly Crossing[]): void {
  const fresh = earlier.filter(crossing => recent.add(crossing.event_id))
  crossings.value = newestFirst([...crossings.value, ...fresh])
}

function newestFirst(all: Crossing[]): Crossing[] {
  return all.sort((a, b) => Date.parse(b.crossed_at) - Date.parse(a.crossed_at)).slice(0, TICKER_LENGTH)
}
